import type { TraceRecord } from '@osprofiler/core'
import { startPython } from './start-python.js'

/** A line that the script prints. */
export interface OsloLine {
  readonly serving?: boolean
  readonly record?: TraceRecord
  /** The names of the context that a served call came with. */
  readonly context?: readonly string[]
  /** What a cast brought. */
  readonly noted?: string
  readonly result?: unknown
  readonly error?: string
  /** The class of the error. */
  readonly type?: string
}

/** What a client in Python is to call. */
export interface OsloRequest {
  readonly method: string
  readonly args?: object
  readonly base_id?: string
  readonly key?: string
  /** What `prepare()` takes. */
  readonly target?: object
  readonly cast?: boolean
}

/** Python's oslo.messaging, as a client or as a server. */
export interface OsloPeer {
  /** Has a client call, and resolves when it is answered, or sent where it is a cast. */
  call(request: OsloRequest): Promise<OsloLine>
  /** The same, with a request and an answer as they are written. */
  callText(request: string): Promise<string>
  /** What was printed, once `found` says that all of it is there. */
  lines(found: (lines: readonly OsloLine[]) => boolean): Promise<readonly OsloLine[]>
  stop(): Promise<void>
}

/** Starts it; a server has joined its topic then. `exchange` is the control exchange, the rest are options of `[oslo_messaging_rabbit]`. */
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
