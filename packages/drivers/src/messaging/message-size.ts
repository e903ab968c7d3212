import { Math, Number, String } from '@osprofiler/core/toolkit'

/**
 * Determines a broker's maximum message size from the sizes of messages that the broker accepted and refused. A broker
 * does not announce its `max_message_size`.
 */
export interface MessageSizes {
  /** Returns the messages that are not known to be too large. */
  filterSendable(contents: readonly Buffer[]): readonly Buffer[]
  /**
   * Returns the messages from the start of `contents` that can be sent together. Only the first of these messages may
   * be too large for the broker.
   */
  selectFirstRun(contents: readonly Buffer[]): readonly Buffer[]
  /**
   * Notes that the size of each of these messages is allowed. The broker accepted the messages, or refused them for a
   * different reason.
   */
  noteAccepted(contents: readonly Buffer[]): void
  /** Returns whether a channel was closed because this message is too large. If so, notes the broker's limit. */
  noteRefusal(content: Buffer | undefined, reason: unknown): boolean
}

const TOO_LARGE = /message size (\d+) is larger than (?:configured )?max size (\d+)/

/**
 * If a message is too large, the broker closes the channel and drops all later messages. It is unknown whether the
 * broker accepted the earlier messages that it has not confirmed yet. Therefore a message that is larger than any
 * accepted message is sent only after all earlier messages were confirmed. After a few messages, the largest accepted
 * size is known, and most messages can be sent together.
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
