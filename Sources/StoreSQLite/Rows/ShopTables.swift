// The tables of a shop.

public import Goods

extension SQLiteStore where Rows == any ShopRows {
  /// Opens or makes the database of a shop, `shop.sqlite`.
  public static func shop(
    in folder: StateFolder, onFailure: @escaping StoreFailure.Handler = StoreFailure.endProcess
  ) throws(StoreError) -> SQLiteStore<any ShopRows> {
    try SQLiteStore(.shop, in: folder, onFailure: onFailure)
  }
}

extension SQLiteSchema where Rows == any ShopRows {
  package static var shop: Self {
    Self(
      name: "shop", versions: [offers + holds + orders + answers], rows: { SQLiteShopRows(sql: $0) }
    )
  }

  /// Stocks are named by the bytes of their names.
  private static var offers: String {
    """
    -- Sealed by the shop to this table, column and key.
    CREATE TABLE vault (
      recipient BLOB PRIMARY KEY CHECK (length(recipient) = 32),
      identity BLOB NOT NULL
    ) STRICT;

    CREATE TABLE offer (
      id BLOB PRIMARY KEY CHECK (length(id) = 32),
      signed BLOB NOT NULL
    ) STRICT;

    CREATE TABLE stock (
      name BLOB PRIMARY KEY,
      pieces INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    """
  }

  /// The first three indices answer sums over what is undecided by themselves.
  private static var holds: String {
    """
    CREATE TABLE hold (
      coordinator BLOB NOT NULL CHECK (length(coordinator) = 32),
      process BLOB NOT NULL CHECK (length(process) = 32),
      offer BLOB NOT NULL CHECK (length(offer) = 32),
      step TEXT NOT NULL,
      stock BLOB,
      quantity INTEGER NOT NULL,
      currency TEXT NOT NULL,
      amount INTEGER NOT NULL CHECK (amount >= 0),
      bank TEXT NOT NULL,
      account TEXT NOT NULL,
      decide_by INTEGER NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('held', 'released', 'sold')),
      PRIMARY KEY (coordinator, process, offer)
    ) STRICT;
    CREATE INDEX held_of_offer ON hold (offer, state, quantity, decide_by)
      WHERE state = 'held';
    CREATE INDEX held_of_stock ON hold (stock, state, quantity, decide_by)
      WHERE state = 'held';
    CREATE INDEX held_for_nothing ON hold (stock, state, amount, quantity, decide_by)
      WHERE state = 'held' AND amount = 0;
    CREATE INDEX sold_offer ON hold (offer) WHERE state = 'sold';

    CREATE TABLE verdict (
      coordinator BLOB NOT NULL CHECK (length(coordinator) = 32),
      process BLOB NOT NULL CHECK (length(process) = 32),
      verdict BLOB NOT NULL CHECK (length(verdict) = 32),
      is_commit INTEGER NOT NULL CHECK (is_commit IN (0, 1)),
      PRIMARY KEY (coordinator, process)
    ) STRICT, WITHOUT ROWID;

    """
  }

  /// Once for each process, however many goods it holds. The key answers by itself which of them are overdue.
  private static var orders: String {
    """
    CREATE TABLE held_order (
      decide_by INTEGER NOT NULL,
      coordinator BLOB NOT NULL CHECK (length(coordinator) = 32),
      process BLOB NOT NULL CHECK (length(process) = 32),
      signed BLOB NOT NULL,
      ask_at INTEGER NOT NULL,
      PRIMARY KEY (decide_by, coordinator, process)
    ) STRICT;

    """
  }

  /// A number of the outbox is never used twice, also when all have been dropped.
  private static var answers: String {
    """
    CREATE TABLE reply (
      coordinator BLOB NOT NULL CHECK (length(coordinator) = 32),
      process BLOB NOT NULL CHECK (length(process) = 32),
      step TEXT NOT NULL,
      body BLOB NOT NULL CHECK (length(body) = 32),
      reply BLOB NOT NULL,
      PRIMARY KEY (coordinator, process, step)
    ) STRICT;

    CREATE TABLE outbox (
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      statement BLOB NOT NULL CHECK (length(statement) = 32),
      kind TEXT NOT NULL
    ) STRICT;

    """
  }
}
