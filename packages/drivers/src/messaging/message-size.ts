import { Math, Number, String } from '@osprofiler/core/toolkit'

/** What a broker has taken and refused so far, by size: it tells nobody its `max_message_size` before it is exceeded. */
export interface MessageSizes {
  /** Those that are not known to be too large. */
  sift(contents: readonly Buffer[]): readonly Buffer[]
  /** As many, from the first on, as can be sent together: where one of them is refused for its size, it is the first. */
  firstRun(contents: readonly Buffer[]): readonly Buffer[]
  /** To be told that all of these were taken, or refused for something else. */
  passed(contents: readonly Buffer[]): void
  /** To be told why a channel was closed: whether it was for the size of this message. */
  refused(content: Buffer | undefined, reason: unknown): boolean
}

const TOO_LARGE = /message size (\d+) is larger than (?:configured )?max size (\d+)/

/**
 * A broker closes the channel at a message that is too large and drops what was sent after it; of what was sent before
 * and is not confirmed yet, nobody knows. So what is larger than anything it has taken is sent only when nothing else
 * is under way: a matter of a few messages, then the largest are known.
 */
export function createMessageSizes(): MessageSizes {
  let proven = 0
  let most = Number.POSITIVE_INFINITY
  return {
    sift: contents => contents.filter(({ length }) => length <= most),
    firstRun(contents) {
      const sure = Math.max(proven, contents[0]?.length ?? 0)
      const end = contents.findIndex(({ length }) => length > sure)
      return end < 0 ? contents : contents.slice(0, end)
    },
    passed(contents) {
      proven = Math.max(proven, contents[0]?.length ?? 0)
    },
    refused(content, reason) {
      const [, size, limit] = TOO_LARGE.exec(String((reason as { message?: unknown } | undefined)?.message)) ?? []
      if (content === undefined || Number(size) !== content.length) return false
      most = Number(limit)
      return true
    },
  }
}
