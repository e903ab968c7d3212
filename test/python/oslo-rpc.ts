import type { TraceRecord } from '@osprofiler/core'
import { startPython } from './start-python.js'

/** A line that the script prints. */
export interface OsloLine {
  readonly serving?: boolean
  readonly record?: TraceRecord
  /** The names in a served call's context. */
  readonly context?: readonly string[]
  /** The argument of a cast. */
  readonly noted?: string
  readonly result?: unknown
  readonly error?: string
  /** The class name of the error. */
  readonly type?: string
}

/** A call that a Python client should make. */
export interface OsloRequest {
  readonly method: string
  readonly args?: object
  readonly base_id?: string
  readonly key?: string
  /** Arguments of `prepare()`. */
  readonly target?: object
  readonly cast?: boolean
}

/** Python's oslo.messaging, as a client or as a server. */
export interface OsloPeer {
  /** Makes a client call a method. Resolves to the line with the result, which is null for a cast. */
  call(request: OsloRequest): Promise<OsloLine>
  /** Makes a client call a method, given the request as JSON text. Resolves to the text of the printed line. */
  callText(request: string): Promise<string>
  /** Resolves to the printed lines once `found` returns true for them. */
  lines(found: (lines: readonly OsloLine[]) => boolean): Promise<readonly OsloLine[]>
  stop(): Promise<void>
}

/**
 * Starts the script. A server is already listening on its topic when this function resolves. `exchange` is the control
 * exchange, and the other options are those in `[oslo_messaging_rabbit]`.
 */
export async function startOsloPeer(
  role: 'call' | 'serve',
  url: string,
  topic: string,
  { exchange = 'openstack', ...options }: { readonly exchange?: string; readonly [option: string]: unknown } = {},
): Promise<OsloPeer> {
  const query = new URLSearchParams(Object.entries(options).map(([name, value]) => [name, String(value)]))
  const child = startPython('oslo_rpc.py', [role, `${url.replace(/^amqp:/, 'rabbit:')}?${query}`, topic, exchange])
  const lines: OsloLine[] = []

  async function read(found: (lines: readonly OsloLine[]) => boolean): Promise<readonly OsloLine[]> {
    while (!found(lines)) lines.push(JSON.parse(await child.readLine()))
    return lines
  }

  if (role === 'serve') await read(all => all.some(({ serving }) => serving))
  return {
    async call(request) {
      lines.length = 0
      child.writeLine(JSON.stringify(request))
      const all = await read(these => these.some(({ result, error }) => result !== undefined || error !== undefined))
      return all.at(-1) ?? {}
    },
    async callText(request) {
      child.writeLine(request)
      for (;;) {
        const line = await child.readLine()
        if (line.includes('"result"') || line.includes('"error"')) return line
      }
    },
    lines: read,
    stop: child.stop,
  }
}
