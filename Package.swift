// swift-tools-version: 6.2
import PackageDescription

// The arrows between the targets are part of the design (Docs/Architecture.md); `ArchitectureTests`
// compares them with the imports.

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .treatAllWarnings(as: .error),
]

/// Everything but `PaymentCrypto`, which calls C, also proves that it touches no unsafe memory
/// unless it says so.
let strictAndMemorySafe = strict + [.strictMemorySafety()]

let package = Package(
  name: "foilstock",
  platforms: [.macOS(.v26)],
  products: [
    .executable(name: "foil", targets: ["foil"]),
    .library(name: "PaymentModel", targets: ["PaymentModel"]),
    .library(name: "PaymentCrypto", targets: ["PaymentCrypto"]),
    .library(name: "Evidence", targets: ["Evidence"]),
    .library(name: "ECash", targets: ["ECash"]),
    .library(name: "Goods", targets: ["Goods"]),
    .library(name: "Receipts", targets: ["Receipts"]),
    .library(name: "Coordinator", targets: ["Coordinator"]),
    .library(name: "StoreSQLite", targets: ["StoreSQLite"]),
    .library(name: "PaymentParties", targets: ["PaymentParties"]),
    .library(name: "Laboratory", targets: ["Laboratory"]),
  ],
  dependencies: [
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
  ],
  targets: [
    .systemLibrary(
      name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CGMP", pkgConfig: "gmp", providers: [.apt(["libgmp-dev"])]),
    .systemLibrary(name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),

    .target(name: "PaymentModel", swiftSettings: strictAndMemorySafe),
    .target(
      name: "PaymentCrypto",
      dependencies: ["PaymentModel", "COpenSSL", "CGMP", "CSodium"],
      swiftSettings: strict),
    .target(
      name: "Evidence",
      dependencies: ["PaymentModel", "PaymentCrypto"],
      swiftSettings: strictAndMemorySafe),
    .target(
      name: "ECash",
      dependencies: ["PaymentModel", "PaymentCrypto", "Evidence"],
      swiftSettings: strictAndMemorySafe),
    .target(
      name: "Goods",
      dependencies: ["PaymentModel", "PaymentCrypto", "Evidence"],
      swiftSettings: strictAndMemorySafe),
    .target(
      name: "Receipts",
      dependencies: ["PaymentModel", "PaymentCrypto", "Evidence"],
      swiftSettings: strictAndMemorySafe),
    .target(
      name: "Coordinator", dependencies: ["PaymentModel"], swiftSettings: strictAndMemorySafe),
    .target(
      name: "StoreSQLite",
      dependencies: [
        "PaymentModel", "PaymentCrypto", "ECash", "Goods", "Receipts", "Coordinator",
        .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "GRDBSQLite", package: "GRDB.swift"),
      ],
      swiftSettings: strictAndMemorySafe),
    .target(
      name: "PaymentParties",
      dependencies: [
        "PaymentModel", "PaymentCrypto", "Evidence", "ECash", "Goods", "Receipts", "Coordinator",
        "StoreSQLite",
        .product(name: "CoreMetrics", package: "swift-metrics"),
      ],
      swiftSettings: strictAndMemorySafe),
    .target(
      name: "Laboratory",
      dependencies: [
        "PaymentModel", "PaymentCrypto", "Evidence", "ECash", "Goods", "Receipts", "Coordinator",
        "PaymentParties",
      ],
      swiftSettings: strictAndMemorySafe),
    .executableTarget(
      name: "foil",
      dependencies: [
        "PaymentModel", "PaymentCrypto", "Evidence", "ECash", "Goods", "Receipts", "Coordinator",
        "StoreSQLite", "PaymentParties", "Laboratory",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strictAndMemorySafe),

    .target(
      name: "Conformance",
      dependencies: [
        "PaymentModel", "PaymentCrypto", "Evidence", "ECash", "Goods", "Receipts", "Coordinator",
      ],
      path: "Tests/Conformance",
      swiftSettings: strict),
    .target(
      name: "Programs",
      dependencies: [
        .product(name: "Subprocess", package: "swift-subprocess"),
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      path: "Tests/Programs",
      swiftSettings: strict),
    .testTarget(
      name: "PaymentModelTests", dependencies: ["PaymentModel"], swiftSettings: strict),
    .testTarget(
      name: "PaymentCryptoTests",
      dependencies: ["PaymentModel", "PaymentCrypto", "Programs"],
      swiftSettings: strict),
    .testTarget(
      name: "EvidenceTests",
      dependencies: ["PaymentModel", "PaymentCrypto", "Evidence", "Programs"],
      swiftSettings: strict),
    .testTarget(
      name: "ECashTests",
      dependencies: [
        "PaymentModel", "PaymentCrypto", "Evidence", "ECash", "Conformance", "Programs",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "GoodsTests",
      dependencies: [
        "PaymentModel", "PaymentCrypto", "Evidence", "Goods", "Conformance", "Programs",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "ReceiptsTests",
      dependencies: [
        "PaymentModel", "PaymentCrypto", "Evidence", "Receipts", "Conformance", "Programs",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "CoordinatorTests",
      dependencies: ["PaymentModel", "Coordinator", "Conformance"],
      swiftSettings: strict),
    .testTarget(
      name: "StoreSQLiteTests",
      dependencies: [
        "PaymentModel", "PaymentCrypto", "Evidence", "ECash", "Goods", "Receipts", "Coordinator",
        "StoreSQLite", "Conformance", "Programs",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "PaymentPartiesTests",
      dependencies: [
        "PaymentModel", "PaymentCrypto", "Evidence", "ECash", "Goods", "Receipts", "Coordinator",
        "StoreSQLite", "PaymentParties", "Conformance",
        .product(name: "MetricsTestKit", package: "swift-metrics"),
        .product(name: "CoreMetrics", package: "swift-metrics"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "FoilTests",
      dependencies: [
        "foil", "PaymentModel", "PaymentCrypto", "Evidence", "Receipts", "Coordinator",
        "PaymentParties", "Programs",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "LaboratoryTests",
      dependencies: [
        "PaymentModel", "PaymentCrypto", "ECash", "Goods", "Receipts", "Coordinator",
        "PaymentParties", "Laboratory", "Conformance",
      ],
      swiftSettings: strict),
    .testTarget(name: "ArchitectureTests", swiftSettings: strict),
  ]
)
