// Prefix reducibility by definition: every sequence of swaps and removals is tried. For small histories.

import Coordinator
import PaymentModel

/// Decides by search whether a history's prefixes are reducible.
///
/// Stocks are counted for real: two neighbours on a counted resource may be swapped when every take
/// still finds enough and every refusal still finds too little. A refusal is one of all that its process
/// needs: what the process holds and may still give back counts as free. Exclusive uses conflict as they
/// stand.
struct ReductionSearch {
  /// An event of the completed prefix.
  private struct Token {
    enum Kind { case take, undo, refusal }
    let process: ProcessID
    let kind: Kind
    /// The token that this one undoes, or that undoes this one.
    var partner: Int?
    let uses: [ResourceUse]
    /// What the refused process held itself of what it was refused, by the tokens of its takes.
    var held: [Int] = []
  }

  /// How many pieces of each counted resource there are at the start.
  let stock: [Resource: Int]

  /// The length of the shortest prefix that is not reducible.
  func shortestViolation(of history: History) -> Int? {
    (1...max(1, history.events.count)).first { length in
      !isReducible(History(Array(history.events.prefix(length))))
    }
  }

  /// Whether the history, completed, is reducible.
  func isReducible(_ history: History) -> Bool {
    let (tokens, coming) = complete(history)
    return coming.contains { Search(tokens: tokens, stock: stock).succeeds(from: $0) }
  }

  /// The tokens of the completed history, and the orders in which they may come: those of what
  /// committed processes have still to do is free.
  private func complete(_ history: History) -> (tokens: [Token], orders: [[Int]]) {
    var tokens: [Token] = []
    var open: [(process: ProcessID, path: StepPath, token: Int)] = []
    var forward: [(process: ProcessID, step: HistoryStep)] = []
    var committed: [ProcessID] = []
    for event in history.events {
      let process = event.process
      switch event.kind {
      case .began(let steps): forward += steps.map { (process: process, step: $0) }
      case .done(let step, let guarantee):
        forward.removeAll { $0.process == process && $0.step.path == step.path }
        if guarantee == .compensatable, !committed.contains(process) {
          open.append((process: process, path: step.path, token: tokens.count))
        }
        tokens.append(Token(process: process, kind: .take, partner: nil, uses: step.uses))
      case .refused(_, let use, _):
        if let use {
          tokens.append(
            Token(
              process: process, kind: .refusal, partner: nil, uses: [use],
              held: open.filter { $0.process == process }.map(\.token)))
        }
      case .undone(let path):
        if let place = open.firstIndex(where: { $0.process == process && $0.path == path }) {
          undo(open.remove(at: place).token, in: &tokens)
        }
      case .decided(.commit):
        committed.append(process)
        open.removeAll { $0.process == process }
      case .decided(.abort), .ended: break
      }
    }
    for hold in open.reversed() { undo(hold.token, in: &tokens) }
    let first = Array(tokens.indices)
    var last: [Int] = []
    for entry in forward where committed.contains(entry.process) {
      last.append(tokens.count)
      tokens.append(
        Token(process: entry.process, kind: .take, partner: nil, uses: entry.step.uses))
    }
    return (tokens, Self.permutations(last).map { first + $0 })
  }

  private func undo(_ token: Int, in tokens: inout [Token]) {
    tokens[token].partner = tokens.count
    tokens.append(
      Token(
        process: tokens[token].process, kind: .undo, partner: token, uses: tokens[token].uses))
  }

  private static func permutations(_ list: [Int]) -> [[Int]] {
    guard let first = list.first else { return [[]] }
    return permutations(Array(list.dropFirst())).flatMap { rest in
      (0...rest.count).map { Array(rest.prefix($0)) + [first] + Array(rest.suffix(from: $0)) }
    }
  }

  /// One search, over sequences of tokens by number.
  private struct Search {
    /// What a token changes of a stock, and what a refusal needs of it, with what it may give back.
    private struct Count {
      let resource: Int
      let quantity: Int
    }

    private let tokens: [Token]
    private let process: [Int]
    private let counts: [[Count]]
    private let maySwap: [[Bool]]
    private let stock: [Int]

    init(tokens: [Token], stock: [Resource: Int]) {
      let resources = stock.keys.sorted()
      let processes = Array(Set(tokens.map(\.process)))
      self.tokens = tokens
      self.stock = resources.map { stock[$0, default: 0] }
      process = tokens.map { processes.firstIndex(of: $0.process) ?? 0 }
      counts = tokens.map { token in
        token.uses.compactMap { use in
          guard case .counted(let quantity) = use.mode else { return nil }
          // A refused process needs it together with what it held and may give back.
          let held = token.held.filter { tokens[$0].partner != nil }
          let more = held.flatMap { tokens[$0].uses }.reduce(0) { sum, other in
            guard other.resource == use.resource, case .counted(let own) = other.mode else {
              return sum
            }
            return sum + own
          }
          return Count(
            resource: resources.firstIndex(of: use.resource) ?? 0, quantity: quantity + more)
        }
      }
      maySwap = tokens.map { left in tokens.map { Self.maySwap(left, $0) } }
    }

    /// Whether the sequence reduces to one process after another with nothing left that is undone.
    func succeeds(from sequence: [Int]) -> Bool {
      let start = removed(sequence)
      var seen: Set<UInt64> = [packed(start)]
      var waiting = [start]
      while let sequence = waiting.popLast() {
        if isSerial(sequence) { return true }
        for place in sequence.indices.dropLast() {
          guard maySwap[sequence[place]][sequence[place + 1]] else { continue }
          var next = sequence
          next.swapAt(place, place + 1)
          guard isLegal(next) else { continue }
          next = removed(next)
          if seen.insert(packed(next)).inserted { waiting.append(next) }
        }
      }
      return false
    }

    /// The sequence in four bits a token.
    private func packed(_ sequence: [Int]) -> UInt64 {
      precondition(tokens.count < 16 && sequence.count <= 15)
      return sequence.reduce(1) { $0 << 4 | UInt64($1) }
    }

    /// Without neighbours of which the second undoes the first. Removing them never hinders anything:
    /// together they do nothing.
    private func removed(_ sequence: [Int]) -> [Int] {
      var result: [Int] = []
      for token in sequence {
        if tokens[token].kind == .undo, let last = result.last, last == tokens[token].partner {
          result.removeLast()
        } else {
          result.append(token)
        }
      }
      return result
    }

    private static func maySwap(_ left: Token, _ right: Token) -> Bool {
      if left.kind == .refusal || right.kind == .refusal {
        // What a process was told itself does not bind its own steps, and refusals change nothing.
        if left.process == right.process || left.kind == right.kind { return true }
      }
      return left.uses.allSatisfy { one in right.uses.allSatisfy { one.commutes(with: $0) } }
    }

    private func isLegal(_ sequence: [Int]) -> Bool {
      var left = stock
      // What each process holds of each resource and may give back.
      var held = Array(repeating: 0, count: (process.max() ?? 0) * stock.count + stock.count)
      for number in sequence {
        let token = tokens[number]
        for count in counts[number] {
          let place = process[number] * stock.count + count.resource
          switch token.kind {
          case .take:
            left[count.resource] -= count.quantity
            if left[count.resource] < 0 { return false }
            if token.partner != nil { held[place] += count.quantity }
          case .undo:
            left[count.resource] += count.quantity
            held[place] -= count.quantity
          case .refusal:
            if left[count.resource] + held[place] >= count.quantity { return false }
          }
        }
      }
      return true
    }

    /// Whether the sequence is one process after another, and nothing in it is undone.
    private func isSerial(_ sequence: [Int]) -> Bool {
      if sequence.contains(where: { tokens[$0].kind == .undo }) { return false }
      var ended = 0
      for (token, next) in zip(sequence, sequence.dropFirst()) {
        if process[token] != process[next] { ended |= 1 << process[token] }
        if ended & (1 << process[next]) != 0 { return false }
      }
      return true
    }
  }
}
