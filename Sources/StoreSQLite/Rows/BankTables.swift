// The tables of a bank.

public import ECash

extension SQLiteStore where Rows == any BankRows {
  /// Opens or makes the database of a bank, `bank.sqlite`.
  public static func bank(
    in folder: StateFolder, onFailure: @escaping StoreFailure.Handler = StoreFailure.endProcess
  ) throws(StoreError) -> SQLiteStore<any BankRows> {
    try SQLiteStore(.bank, in: folder, onFailure: onFailure)
  }
}

extension SQLiteSchema where Rows == any BankRows {
  package static var bank: Self {
    Self(
      name: "bank",
      versions: [books + denominations + issuing + payments + clearing + methods + outbox],
      rows: { SQLiteBankRows(sql: $0) })
  }

  private static var books: String {
    """
    CREATE TABLE account (
      name TEXT PRIMARY KEY,
      key BLOB NOT NULL CHECK (length(key) = 32),
      opened_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE balance (
      account TEXT PRIMARY KEY,
      minor INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE posting (
      number INTEGER PRIMARY KEY CHECK (number > 0),
      kind TEXT NOT NULL,
      reference BLOB NOT NULL CHECK (length(reference) = 32),
      made_at INTEGER NOT NULL,
      UNIQUE (kind, reference)
    ) STRICT;

    CREATE TABLE posting_line (
      posting INTEGER NOT NULL REFERENCES posting,
      line INTEGER NOT NULL CHECK (line >= 0),
      account TEXT NOT NULL,
      minor INTEGER NOT NULL,
      PRIMARY KEY (posting, line)
    ) STRICT, WITHOUT ROWID;

    """
  }

  private static var denominations: String {
    """
    CREATE TABLE keyset (
      period INTEGER PRIMARY KEY,
      currency TEXT NOT NULL,
      fee_per_coin INTEGER NOT NULL CHECK (fee_per_coin >= 0),
      fee_per_transfer INTEGER NOT NULL CHECK (fee_per_transfer >= 0),
      statement BLOB NOT NULL
    ) STRICT;

    CREATE TABLE denomination (
      id BLOB PRIMARY KEY CHECK (length(id) = 32),
      period INTEGER NOT NULL,
      value INTEGER NOT NULL CHECK (value > 0),
      public_key BLOB NOT NULL,
      issued_from INTEGER NOT NULL,
      issued_until INTEGER NOT NULL,
      spent_until INTEGER NOT NULL,
      redeemed_until INTEGER NOT NULL,
      issued INTEGER NOT NULL CHECK (issued >= 0),
      reserved INTEGER NOT NULL CHECK (reserved >= 0),
      redeemed INTEGER NOT NULL CHECK (redeemed >= 0),
      is_stopped INTEGER NOT NULL CHECK (is_stopped IN (0, 1))
    ) STRICT, WITHOUT ROWID;

    -- Sealed by the signer to this table, column and key.
    CREATE TABLE denomination_keys (
      denomination BLOB PRIMARY KEY CHECK (length(denomination) = 32),
      private_key BLOB NOT NULL
    ) STRICT;

    """
  }

  private static var issuing: String {
    """
    CREATE TABLE withdrawal (
      id BLOB PRIMARY KEY CHECK (length(id) = 32),
      account TEXT NOT NULL,
      debit INTEGER NOT NULL CHECK (debit >= 0),
      issue BLOB
    ) STRICT;

    CREATE TABLE issued_coin (
      blinded_message BLOB PRIMARY KEY CHECK (length(blinded_message) = 32),
      denomination BLOB NOT NULL CHECK (length(denomination) = 32),
      withdrawal BLOB NOT NULL CHECK (length(withdrawal) = 32),
      blind_signature BLOB
    ) STRICT;

    """
  }

  private static var payments: String {
    """
    CREATE TABLE coin (
      coin BLOB PRIMARY KEY CHECK (length(coin) = 32),
      denomination BLOB NOT NULL CHECK (length(denomination) = 32),
      state TEXT NOT NULL CHECK (state IN ('reserved', 'spent')),
      process BLOB NOT NULL CHECK (length(process) = 32),
      bank TEXT NOT NULL,
      signature BLOB NOT NULL
    ) STRICT, WITHOUT ROWID;

    -- `held` is in the form of the method: of coins, their keys one after another.
    CREATE TABLE hold (
      process BLOB PRIMARY KEY CHECK (length(process) = 32),
      coordinator BLOB NOT NULL CHECK (length(coordinator) = 32),
      decide_by INTEGER NOT NULL,
      currency TEXT NOT NULL,
      total INTEGER NOT NULL CHECK (total >= 0),
      transfer_fee INTEGER NOT NULL CHECK (transfer_fee >= 0),
      method TEXT NOT NULL,
      held BLOB NOT NULL,
      source TEXT,
      moved INTEGER NOT NULL CHECK (moved >= 0),
      state TEXT NOT NULL CHECK (state IN ('reserved', 'posted', 'voided')),
      verdict BLOB,
      verdict_proof BLOB CHECK ((verdict IS NULL) = (verdict_proof IS NULL)),
      verdict_id BLOB CHECK (length(verdict_id) = 32),
      reply BLOB
    ) STRICT;

    CREATE INDEX undecided_hold ON hold (source, process)
      WHERE state = 'reserved' AND source IS NOT NULL;

    CREATE TABLE payout (
      process BLOB NOT NULL REFERENCES hold,
      line INTEGER NOT NULL CHECK (line >= 0),
      bank TEXT NOT NULL,
      account TEXT NOT NULL,
      currency TEXT NOT NULL,
      minor INTEGER NOT NULL CHECK (minor >= 0),
      PRIMARY KEY (process, line)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE tombstone (
      coordinator BLOB NOT NULL CHECK (length(coordinator) = 32),
      process BLOB NOT NULL CHECK (length(process) = 32),
      verdict_id BLOB NOT NULL CHECK (length(verdict_id) = 32),
      reply BLOB NOT NULL,
      PRIMARY KEY (coordinator, process)
    ) STRICT;

    CREATE TABLE reply (
      coordinator BLOB NOT NULL CHECK (length(coordinator) = 32),
      process BLOB NOT NULL CHECK (length(process) = 32),
      step TEXT NOT NULL,
      body BLOB NOT NULL CHECK (length(body) = 32),
      reply BLOB NOT NULL,
      PRIMARY KEY (coordinator, process, step)
    ) STRICT;

    CREATE TABLE refusal_details (
      process BLOB PRIMARY KEY CHECK (length(process) = 32),
      sealed BLOB NOT NULL
    ) STRICT;

    """
  }

  private static var clearing: String {
    """
    CREATE TABLE correspondent (
      bank TEXT PRIMARY KEY,
      largest_claim INTEGER NOT NULL CHECK (largest_claim >= 0),
      largest_debt INTEGER NOT NULL CHECK (largest_debt >= 0),
      drawn INTEGER NOT NULL CHECK (drawn >= 0),
      credited INTEGER NOT NULL CHECK (credited >= 0),
      promised INTEGER NOT NULL CHECK (promised >= 0),
      promised_until INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE credit_line (
      id BLOB PRIMARY KEY CHECK (length(id) = 32),
      creditor TEXT NOT NULL,
      debtor TEXT NOT NULL,
      most INTEGER NOT NULL CHECK (most >= 0),
      valid_from INTEGER NOT NULL,
      valid_until INTEGER NOT NULL,
      statement BLOB NOT NULL,
      proof BLOB
    ) STRICT;

    CREATE INDEX latest_credit_line ON credit_line (creditor, debtor, most, valid_until, id);

    -- `size` is the number of binary digits of `net`. Of one size, what overlaps given units ends soon after them.
    CREATE TABLE collected (
      transfer BLOB PRIMARY KEY CHECK (length(transfer) = 32),
      bank TEXT NOT NULL,
      payment BLOB NOT NULL CHECK (length(payment) = 32),
      size INTEGER NOT NULL CHECK (net < (1 << size)),
      net INTEGER NOT NULL CHECK (net >= 0),
      total INTEGER NOT NULL CHECK (total >= net),
      statement BLOB NOT NULL,
      proof BLOB,
      credit BLOB NOT NULL
    ) STRICT;

    CREATE INDEX drawn_units ON collected (bank, size, total);
    CREATE INDEX collected_payment ON collected (payment);

    """
  }

  private static var methods: String {
    """
    -- `secrets` is sealed by the issuer to this table, column and key.
    CREATE TABLE card (
      id BLOB PRIMARY KEY CHECK (length(id) = 32),
      secrets BLOB NOT NULL,
      credit INTEGER CHECK (credit >= 0),
      account TEXT CHECK ((account IS NULL) <> (credit IS NULL)),
      failed_tries INTEGER NOT NULL CHECK (failed_tries >= 0),
      all_failed_tries INTEGER NOT NULL CHECK (all_failed_tries >= 0)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE method_record (
      method TEXT NOT NULL,
      key BLOB NOT NULL CHECK (length(key) = 32),
      record BLOB NOT NULL,
      PRIMARY KEY (method, key)
    ) STRICT, WITHOUT ROWID;

    """
  }

  /// A number is never used twice, also when all have been dropped.
  private static var outbox: String {
    """
    CREATE TABLE outbox (
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      statement BLOB NOT NULL CHECK (length(statement) = 32),
      kind TEXT NOT NULL
    ) STRICT;

    """
  }
}
