import type { UnpackedTrace } from '@osprofiler/core'
import { startPython } from './start-python.js'

/**
 * Python's decision about a pair of headers: the trace, `null` for no trace, an exception, or ids that are not strings.
 */
export type PythonDecision = UnpackedTrace | null | { readonly raises: string } | { readonly odd: string }

type Data = Readonly<Record<string, unknown>>
type Pair = [info: string, hmac: string]

/** OSProfiler's own functions for signing and checking headers, in a process that serves a whole test file. */
export interface HeadersPeer {
  /** Returns the headers that `osprofiler._utils.signed_pack` creates. */
  pack(data: Data, key: string): Promise<Pair>
  /** Returns the headers that Python creates with other options for `json.dumps`. */
  packVariant(data: Data, key: string, options: Data): Promise<Pair>
  /** Returns the WSGI middleware's decision about two headers. */
  decide(info: string | null, hmac: string | null, keys: string | readonly string[]): Promise<PythonDecision>
  stop(): Promise<void>
}

/** Starts the process, which answers calls in order. */
export function openHeadersPeer(): HeadersPeer {
  const { readLine, stop, writeLine } = startPython('headers_peer.py')
  let last: Promise<unknown> = Promise.resolve()

  function call<T>(...operation: readonly unknown[]): Promise<T> {
    const answer = last.then(async () => {
      writeLine(JSON.stringify(operation))
      return JSON.parse(await readLine()) as T
    })
    last = answer.catch(() => {})
    return answer
  }

  return {
    pack: (data, key) => call('pack', data, key),
    packVariant: (data, key, options) => call('pack_variant', data, key, options),
    decide: (info, hmac, keys) => call('decide', info, hmac, keys),
    stop,
  }
}

/** Returns whether Python would have traced the request. */
export function isTraced(decision: PythonDecision): decision is UnpackedTrace {
  return decision !== null && 'baseId' in decision
}
