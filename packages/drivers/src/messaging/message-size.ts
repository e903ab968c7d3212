import { Math, Number, String } from '@osprofiler/core/toolkit'

/**
 * Learns the limit for the size of a message from the sizes that a broker accepted and refused. A broker does not
 * announce its `max_message_size`.
 */
export interface MessageSizes {
  /** Returns the messages that are not known to be too large. */
  filterSendable(contents: readonly Buffer[]): readonly Buffer[]
  /**
   * Returns as many of the first messages as can be sent together. Only the first of them can be refused because of its
   * size.
   */
  selectFirstRun(contents: readonly Buffer[]): readonly Buffer[]
  /** Notes that all of these messages were accepted, or were refused for another reason than their size. */
  noteAccepted(contents: readonly Buffer[]): void
  /** Returns whether a channel was closed because of this message's size. If so, notes the broker's limit. */
  noteRefusal(content: Buffer | undefined, reason: unknown): boolean
}

const TOO_LARGE = /message size (\d+) is larger than (?:configured )?max size (\d+)/

/**
 * If a message is too large, the broker closes the channel and drops all later messages. It is unknown whether the
 * broker accepted the earlier, unconfirmed messages. Therefore a message that is larger than any accepted message is
 * sent only when no other message is unconfirmed. After a few messages, the largest accepted size is known, and most
 * messages can be sent together.
 */
export function createMessageSizes(): MessageSizes {
  let acceptedBytes = 0
  let maxBytes = Number.POSITIVE_INFINITY
  return {
    filterSendable: contents => contents.filter(({ length }) => length <= maxBytes),
    selectFirstRun(contents) {
      const knownBytes = Math.max(acceptedBytes, contents[0]?.length ?? 0)
      const end = contents.findIndex(({ length }) => length > knownBytes)
      return end < 0 ? contents : contents.slice(0, end)
    },
    noteAccepted(contents) {
      acceptedBytes = Math.max(acceptedBytes, contents[0]?.length ?? 0)
    },
    noteRefusal(content, reason) {
      const [, size, limit] = TOO_LARGE.exec(String((reason as { message?: unknown } | undefined)?.message)) ?? []
      if (content === undefined || Number(size) !== content.length) return false
      maxBytes = Number(limit)
      return true
    },
  }
}
