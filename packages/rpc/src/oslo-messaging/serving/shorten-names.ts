import { shorten } from '@osprofiler/core/toolkit'
import type { Incoming } from '../messages/message.js'

const MAX_NAME_LENGTH = 200

/** Shortens a name for messages, because a caller may have made it megabytes long. */
export function cutName(name: string): string {
  return shorten(name, MAX_NAME_LENGTH)
}

/** Returns a call whose method, namespace and version are short enough for messages and for `onError`. */
export function cutNames(incoming: Incoming): Incoming {
  const { method, namespace, version } = incoming
  return {
    ...incoming,
    method: cutName(method),
    namespace: namespace === undefined ? undefined : cutName(namespace),
    version: cutName(version),
  }
}
