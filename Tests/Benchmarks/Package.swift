// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that the toolkit depends on nothing that only measurements need. It sees
// what every user sees: products and public API. The baselines call the C libraries themselves.

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .treatAllWarnings(as: .error),
]

let package = Package(
  name: "benchmarks",
  platforms: [.macOS(.v26)],
  dependencies: [
    .package(name: "foilstock", path: "../..")
  ],
  targets: [
    .systemLibrary(
      name: "BaselineCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(
      name: "BaselineSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
    .target(
      name: "Measurement",
      dependencies: [
        .product(name: "PaymentModel", package: "foilstock"),
        .product(name: "PaymentCrypto", package: "foilstock"),
        .product(name: "Evidence", package: "foilstock"),
        .product(name: "ECash", package: "foilstock"),
        .product(name: "Goods", package: "foilstock"),
        .product(name: "PaymentParties", package: "foilstock"),
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "Benchmarks",
      dependencies: [
        "BaselineCrypto", "BaselineSQLite", "Measurement",
        .product(name: "PaymentModel", package: "foilstock"),
        .product(name: "PaymentCrypto", package: "foilstock"),
        .product(name: "Evidence", package: "foilstock"),
        .product(name: "ECash", package: "foilstock"),
        .product(name: "Goods", package: "foilstock"),
        .product(name: "Receipts", package: "foilstock"),
        .product(name: "StoreSQLite", package: "foilstock"),
        .product(name: "PaymentParties", package: "foilstock"),
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "EngineBenchmarks",
      dependencies: [
        "BaselineSQLite", "Measurement",
        .product(name: "PaymentModel", package: "foilstock"),
        .product(name: "PaymentCrypto", package: "foilstock"),
        .product(name: "Evidence", package: "foilstock"),
        .product(name: "ECash", package: "foilstock"),
        .product(name: "Goods", package: "foilstock"),
        .product(name: "Coordinator", package: "foilstock"),
        .product(name: "StoreSQLite", package: "foilstock"),
        .product(name: "Laboratory", package: "foilstock"),
        .product(name: "PaymentParties", package: "foilstock"),
      ],
      swiftSettings: strict),
  ]
)
