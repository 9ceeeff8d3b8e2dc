// A world as whole worlds are compared: without what does not tell how it goes on.

import Coordinator
import PaymentModel

/// Two worlds in one position go on alike, as long as nobody crashes and nothing is handed in again.
///
/// Left out are: the journal, which is read after a crash only; the history; how often something was asked
/// for, since the pause is always the same and no request is under way twice; numbers of messages, batches
/// and places in a queue; and the order of lists in which things are only looked up.
struct Position: Hashable {
  private let world: World
  /// How many of each message are under way.
  private let underWay: [MessageIdentity: Int]
  /// Of its outline, which says less.
  private let key: PositionKey
  /// Where the coordinator may crash.
  private let journal: MemoryJournalRows?

  init(_ world: World, key: PositionKey, keepsJournal: Bool = false) {
    var plain = world
    var underWay: [MessageIdentity: Int] = [:]
    for message in world.stage.network.messages {
      underWay[MessageIdentity(message), default: 0] += 1
    }
    plain.forgetPast()
    self.world = plain
    self.underWay = underWay
    self.key = key
    journal = keepsJournal ? world.stage.node.journal : nil
  }

  /// Of the outline, which tells positions apart most of the time; compared is all of it.
  func hash(into hasher: inout Hasher) { hasher.combine(key) }
}

/// A message without its number, and without that of the attempt.
private struct MessageIdentity: Hashable {
  enum Content: Hashable {
    case request(ParticipantRequest, Tag)
    case reply(ParticipantReply, Tag)
    case other(MessageContent)
  }

  struct Tag: Hashable {
    let run: Int
    let process: ProcessID?
    let activity: Int?

    init(_ tag: RequestTag) {
      run = tag.run
      process = tag.attempt?.process
      activity = tag.attempt?.activity
    }
  }

  let from: Party
  let to: Party
  let content: Content

  /// Of from where to where it goes, and in which activity; compared is all of it.
  func hash(into hasher: inout Hasher) {
    hasher.combine(from)
    hasher.combine(to)
    switch content {
    case .request(_, let tag), .reply(_, let tag): hasher.combine(tag)
    case .other: break
    }
  }

  init(_ message: Message) {
    from = message.from
    to = message.to
    content =
      switch message.content {
      case .request(let request, let tag): .request(request, Tag(tag))
      case .reply(let reply, let tag): .reply(reply, Tag(tag))
      default: .other(message.content)
      }
  }
}
