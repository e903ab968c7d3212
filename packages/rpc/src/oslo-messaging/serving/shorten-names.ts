import { shorten } from '@osprofiler/core/toolkit'
import type { Incoming } from '../messages/message.js'

const MAX_NAME_CHARS = 200

/** Shortens a name for error messages, because a caller may send a name of several megabytes. */
export function shortenName(name: string): string {
  return shorten(name, MAX_NAME_CHARS)
}

/**
 * Returns a copy of a call for error messages and for `onError`. The method, the namespace and the version are
 * shortened.
 */
export function shortenNames(incoming: Incoming): Incoming {
  const { method, namespace, version } = incoming
  return {
    ...incoming,
    method: shortenName(method),
    namespace: namespace === undefined ? undefined : shortenName(namespace),
    version: shortenName(version),
  }
}
