import { shorten } from '@osprofiler/core/toolkit'
import type { Incoming } from '../messages/message.js'

const MAX_NAME_LENGTH = 200

/** A name of a call, as it is shown: whoever calls may have made it megabytes long. */
export function cutName(name: string): string {
  return shorten(name, MAX_NAME_LENGTH)
}

/** A call whose names are fit to be shown. */
export function cutNames(incoming: Incoming): Incoming {
  const { method, namespace, version } = incoming
  return {
    ...incoming,
    method: cutName(method),
    namespace: namespace === undefined ? undefined : cutName(namespace),
    version: cutName(version),
  }
}
