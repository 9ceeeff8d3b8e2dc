// Errors of parties, by code.

import PaymentParties

/// The code of a party's error.
func code(of error: any Error) -> PartyError.Code? { (error as? PartyError)?.code }
