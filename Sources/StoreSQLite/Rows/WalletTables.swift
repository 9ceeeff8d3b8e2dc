// The tables of a wallet.

public import ECash

extension SQLiteStore where Rows == any WalletRows {
  /// Opens or makes the database of a wallet, `wallet.sqlite`.
  public static func wallet(
    in folder: StateFolder, onFailure: @escaping StoreFailure.Handler = StoreFailure.endProcess
  ) throws(StoreError) -> SQLiteStore<any WalletRows> {
    try SQLiteStore(.wallet, in: folder, onFailure: onFailure)
  }
}

extension SQLiteSchema where Rows == any WalletRows {
  package static var wallet: Self {
    Self(
      name: "wallet", versions: [secrets + coins + purchases],
      rows: { SQLiteWalletRows(sql: $0) })
  }

  private static var secrets: String {
    """
    -- Sealed by the wallet to this table and column. There is one.
    CREATE TABLE wallet (
      number INTEGER PRIMARY KEY CHECK (number = 1),
      seed BLOB NOT NULL
    ) STRICT;

    CREATE TABLE counter (
      name TEXT PRIMARY KEY,
      next INTEGER NOT NULL CHECK (next >= 0)
    ) STRICT, WITHOUT ROWID;

    """
  }

  /// Withdrawals are numbered as they come.
  private static var coins: String {
    """
    CREATE TABLE withdrawal (
      number INTEGER PRIMARY KEY,
      id BLOB NOT NULL UNIQUE CHECK (length(id) = 32),
      bank TEXT NOT NULL,
      statement BLOB NOT NULL,
      keyset BLOB NOT NULL,
      made_at INTEGER NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('in-flight', 'done', 'refused'))
    ) STRICT;
    CREATE INDEX withdrawal_in_flight ON withdrawal (number) WHERE state = 'in-flight';

    CREATE TABLE withdrawal_coin (
      withdrawal BLOB NOT NULL REFERENCES withdrawal (id),
      line INTEGER NOT NULL CHECK (line >= 0),
      denomination BLOB NOT NULL CHECK (length(denomination) = 32),
      counter INTEGER NOT NULL CHECK (counter >= 0),
      PRIMARY KEY (withdrawal, line)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE coin (
      denomination BLOB NOT NULL CHECK (length(denomination) = 32),
      counter INTEGER NOT NULL CHECK (counter >= 0),
      bank TEXT NOT NULL,
      currency TEXT NOT NULL,
      value INTEGER NOT NULL CHECK (value >= 0),
      signature BLOB NOT NULL,
      spent_until INTEGER NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('free', 'locked', 'spent')),
      process BLOB CHECK (length(process) = 32),
      is_shown INTEGER NOT NULL CHECK (is_shown IN (0, 1)),
      is_named INTEGER NOT NULL CHECK (is_named IN (0, 1)),
      PRIMARY KEY (denomination, counter)
    ) STRICT;
    CREATE INDEX coin_at_bank ON coin (bank, state, denomination, counter);
    CREATE INDEX coin_of_process ON coin (process, state, denomination, counter)
      WHERE process IS NOT NULL;

    """
  }

  /// Purchases are numbered as they come.
  private static var purchases: String {
    """
    CREATE TABLE purchase (
      number INTEGER PRIMARY KEY,
      process BLOB NOT NULL UNIQUE CHECK (length(process) = 32),
      order_number INTEGER NOT NULL,
      coordinator BLOB NOT NULL CHECK (length(coordinator) = 32),
      decide_by INTEGER NOT NULL,
      made_at INTEGER NOT NULL,
      submission BLOB NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('undecided', 'committed', 'aborted')),
      verdict BLOB,
      verdict_proof BLOB CHECK ((verdict IS NULL) = (verdict_proof IS NULL)),
      delivery_request BLOB,
      cancellation BLOB,
      receipt BLOB
    ) STRICT;
    CREATE INDEX withdrawn_purchase ON purchase (number)
      WHERE state = 'undecided' AND cancellation IS NOT NULL;

    """
  }
}
