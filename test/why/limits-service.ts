import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { createTraceId, signedPack } from '@osprofiler/core'
import { signTicket } from '@osprofiler/core/toolkit'

/** The key of the services. */
export const KEY = 'o7Vt2kQ9xWc4LmZs8RbYpD1g'

const SERVICE = fileURLToPath(new URL('service.mjs', import.meta.url))
/** Makes Node close the connection after the response, so that no connection keeps a process alive. */
const CLOSING = { connection: 'close' }

/** A record as the service writes it to its store. */
export interface StoredRecord {
  readonly name: string
  readonly base_id: string
  readonly parent_id: string
  readonly trace_id: string
  readonly timestamp: string
  readonly info: Readonly<Record<string, unknown>>
}

/** The member `why` of an account's start record. */
export interface Account {
  readonly version: number
  readonly level?: string
  readonly asked?: string
  readonly because?: string
  readonly refused?: string
  readonly cut?: boolean
  readonly wallMs: number
  readonly kinds: Readonly<Record<string, number>>
  readonly causes: readonly Cause[]
  readonly rest: { readonly ms: number }
  readonly costs: Readonly<Record<string, number>>
}

/** One of the causes in an account. */
export interface Cause {
  readonly kind: string
  readonly ms: number
  readonly what?: string
  readonly by?: string
  readonly byFile?: string
  readonly byLine?: number
  readonly function?: string
  readonly file?: string
  readonly line?: number
  readonly hotFile?: string
  readonly hotLine?: number
}

/** How a service is started. */
export interface Start {
  /** Environment variables. */
  readonly env?: Readonly<Record<string, string>>
  /** Options of setup(). */
  readonly setup?: Readonly<Record<string, unknown>>
  /** The runtime, which is usually Node, and its arguments. */
  readonly program?: string
  readonly args?: readonly string[]
  readonly file?: string
}

/** A running service. */
export interface Service {
  readonly child: ChildProcess
  readonly port: number
  readonly said: { stderr: string }
  /** Everything else that the service printed. */
  readonly notes: readonly unknown[]
  /** Sends a request without a signature, and resolves to the parsed response. */
  ask(path: string): Promise<unknown>
  /** Sends a signed request. Resolves to its response. */
  send(path: string, headers: Readonly<Record<string, string>>): Promise<Response>
  /** Resolves to the records of a trace, when `count` of them have arrived. */
  records(baseId: string, count: number): Promise<readonly StoredRecord[]>
  /** Resolves to the account of a trace. */
  account(baseId: string): Promise<Account>
  /** Sends a request with a ticket that contains these wishes. Resolves to the account of the request. */
  explain(path: string, wants: readonly string[]): Promise<Account>
}

/** Starts the service. The caller must end `child`. */
export async function startService(start: Start = {}): Promise<Service> {
  const { env = {}, setup = {}, program = process.execPath, args = [], file = SERVICE } = start
  const child = spawn(program, [...args, file], {
    env: {
      ...process.env,
      OSPROFILER_HMAC_KEYS: KEY,
      OSPROFILER_SERVICE: 'orders',
      SETUP: JSON.stringify(setup),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const said = { stderr: '' }
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said.stderr += text
  })
  const records: StoredRecord[] = []
  const notes: unknown[] = []
  const lines = createInterface(child.stdout)
  const port = await new Promise<number>((resolve, reject) => {
    child.once('exit', code => reject(new Error(`The service ended with code ${code}: ${said.stderr}`)))
    lines.on('line', line => {
      const printed = JSON.parse(line) as { port?: number; records?: StoredRecord[] }
      if (printed.port !== undefined) resolve(printed.port)
      else if (printed.records !== undefined) records.push(...printed.records)
      else notes.push(printed)
      lines.emit('printed')
    })
  })
  const origin = `http://127.0.0.1:${port}`

  async function waitFor<T>(find: () => T | undefined): Promise<T> {
    for (;;) {
      const found = find()
      if (found !== undefined) return found
      await once(lines, 'printed')
    }
  }

  const service: Service = {
    child,
    port,
    said,
    notes,
    ask: async path => (await fetch(`${origin}/${path}`, { headers: CLOSING })).json(),
    send: (path, headers) => fetch(`${origin}/${path}`, { headers: { ...CLOSING, ...headers } }),
    records: (baseId, count) =>
      waitFor(() => {
        const found = records.filter(({ base_id }) => base_id === baseId)
        return found.length >= count ? found : undefined
      }),
    account: baseId =>
      waitFor(() => {
        const start = records.find(({ base_id, name }) => base_id === baseId && name === 'why-start')
        return start?.info.why as Account | undefined
      }),
    async explain(path, wants) {
      const { baseId, headers } = sign(wants)
      await (await service.send(path, headers)).text()
      return service.account(baseId)
    },
  }
  return service
}

/** Signs a request. The request's ticket contains the wishes in `wants`. */
export function sign(wants: readonly string[] = []): {
  readonly baseId: string
  readonly headers: Record<string, string>
} {
  const baseId = createTraceId()
  const [info, hmac] = signedPack({ base_id: baseId, parent_id: baseId }, KEY)
  return { baseId, headers: { 'x-trace-info': info, 'x-trace-hmac': hmac, 'x-trace-ticket': signWishes(info, wants) } }
}

export function signWishes(info: string, wants: readonly string[], key = KEY): string {
  const iat = Math.floor(Date.now() / 1_000)
  return signTicket({ key, info, iat, exp: iat + 60, points: 1_000, wants })
}

/** Returns the sum of the times of all kinds of causes. */
export function sumKinds({ kinds }: Account): number {
  return Object.values(kinds).reduce((sum, ms) => sum + ms, 0)
}
