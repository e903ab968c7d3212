import { once } from 'node:events'
import http, { type ClientRequest, type IncomingMessage } from 'node:http'
import { setImmediate as turn } from 'node:timers/promises'
import { setNotifier } from '@osprofiler/core'
import { HttpAgent } from 'agentkeepalive'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openByteServer } from './http-asking.js'
import { instrumented, undoInstruments } from './instrumented.js'
import { type OriginServer, openOrigin } from './origin-server.js'
import { collect, inTrace, only } from './traced-calls.js'

let server: OriginServer

beforeEach(async () => {
  server = await openOrigin()
  collect()
})
afterEach(async () => {
  undoInstruments()
  setNotifier(undefined)
  await server[Symbol.asyncDispose]()
})

type Note = (what: string) => void

/** A program that makes a request and logs what it observes. Resolves when the request is complete. */
type Program = (origin: string, note: Note) => Promise<unknown>

const EVENTS = ['socket', 'finish', 'response', 'timeout', 'abort', 'error', 'close', 'upgrade', 'connect']

/** Logs the listeners and enumerable properties of an emitter. */
function look(name: string, emitter: ClientRequest | IncomingMessage, note: Note): void {
  const counts = emitter.eventNames().map(event => `${String(event)}:${emitter.listenerCount(event)}`)
  note(`${name} listens to ${counts.sort().join(' ')}`)
  note(`${name} has ${Object.keys(emitter).join(' ')}`)
  const symbols = Object.getOwnPropertySymbols(emitter).filter(symbol =>
    Object.prototype.propertyIsEnumerable.call(emitter, symbol),
  )
  note(`${name} has ${symbols.map(String).join(' ')}`)
}

function follow(request: ClientRequest, note: Note): Promise<unknown> {
  look('request', request, note)
  for (const event of EVENTS) request.on(event, (reason: unknown) => note(`request ${event} ${codeOf(reason)}`))
  request.on('response', response => {
    look('response', response, note)
    for (const event of ['end', 'error', 'aborted', 'close']) response.on(event, () => note(`response ${event}`))
  })
  return whenClosed(request)
}

/** Resolves when the emitter closes. Unlike `once`, does not reject if there is an error. */
function whenClosed(emitter: ClientRequest | IncomingMessage): Promise<unknown> {
  return new Promise(resolve => emitter.on('close', resolve))
}

function codeOf(reason: unknown): string {
  return reason instanceof Error ? String((reason as { code?: unknown }).code) : ''
}

const PROGRAMS: Readonly<Record<string, Program>> = {
  async 'reads its response'(origin, note) {
    const request = http.get(`${origin}/ok`, response => response.resume())
    await follow(request, note)
  },
  async 'destroys its response'(origin, note) {
    const request = http.get(`${origin}/big`, response => void setImmediate(() => response.destroy()))
    await follow(request, note)
  },
  async 'has no response listener'(origin, note) {
    const request = http.get(`${origin}/ok`)
    for (const event of EVENTS.filter(event => event !== 'response')) request.on(event, () => note(event))
    await whenClosed(request)
  },
  async 'sends a body in parts'(origin, note) {
    const request = http.request(`${origin}/ok`, { method: 'POST', headers: { 'X-Own': 'yes' } })
    const closed = follow(request, note)
    note(`headers ${JSON.stringify(request.getHeaders())} ${Object.getPrototypeOf(request.getHeaders())}`)
    note(`names ${request.getHeaderNames()} ${request.getRawHeaderNames()}`)
    note(`written ${request.write('one')}`)
    request.on('response', response => response.resume())
    request.end('two', () => note('flushed'))
    note(`names ${request.getHeaderNames()} ${request.getRawHeaderNames()}`)
    await closed
  },
  async 'is destroyed because it is too slow'(origin, note) {
    // Long enough that the request is always sent before the timeout, even on a busy machine.
    const request = http.get(`${origin}/never`, { timeout: 500 })
    request.on('timeout', () => request.destroy())
    await follow(request, note)
  },
  async 'is destroyed with an error'(origin, note) {
    const request = http.get(`${origin}/never`)
    const closed = follow(request, note)
    await once(request, 'socket')
    note(`same ${request.destroy(new Error('enough')) === request}`)
    await closed
  },
  async 'cannot connect'(_origin, note) {
    await follow(http.get('http://127.0.0.1:1/'), note)
  },
  async 'is cut off by the server'(origin, note) {
    const request = http.get(`${origin}/cut`, response => response.resume())
    await follow(request, note)
  },
  async 'loses all of its listeners'(origin, note) {
    const request = http.get(`${origin}/ok`)
    request.removeAllListeners()
    request.on('response', response => response.resume().on('end', () => note('ended')))
    await whenClosed(request)
    note('closed')
  },
  async 'has the maximum number of listeners that Node allows without a warning'(origin, note) {
    const warned = (warning: Error): void => note(warning.name)
    process.on('warning', warned)
    const request = http.get(`${origin}/ok`, response => response.resume())
    for (let count = request.listenerCount('close'); count < 10; count++) request.on('close', () => undefined)
    for (let count = request.listenerCount('timeout'); count < 10; count++) request.on('timeout', () => undefined)
    await new Promise(resolve => request.prependOnceListener('response', response => response.on('close', resolve)))
    await turn()
    process.off('warning', warned)
  },
  async 'is wrapped by another library'(origin, note) {
    const request = http.request(`${origin}/ok`)
    const { end, emit } = request
    request.end = function (this: ClientRequest, ...args: unknown[]) {
      note('end')
      return Reflect.apply(end, this, args)
    }
    request.emit = function (this: ClientRequest, ...args: unknown[]) {
      note(`emit ${args[0]}`)
      return Reflect.apply(emit, this, args) as boolean
    }
    request.on('response', response => response.resume())
    request.end()
    await whenClosed(request)
  },
}

describe.each(Object.keys(PROGRAMS))('a request that %s', name => {
  const program = PROGRAMS[name] ?? (() => Promise.resolve())

  it.each([true, false])('behaves the same whether it is traced or not (trace headers sent: %j)', async carries => {
    const plain: string[] = []
    await program(server.origin, what => void plain.push(what))
    instrumented(['http'], { propagateTo: () => carries })
    const traced: string[] = []

    await inTrace(() => program(server.origin, what => void traced.push(what)))

    expect(traced).toEqual(plain)
  })
})

describe('a traced request', () => {
  it('reads each option as often as an untraced request does, if the options are getters or a Proxy object', async () => {
    const read: PropertyKey[] = []
    const { hostname: host, port } = new URL(server.origin)
    const options = { host, port, path: '/', method: 'GET', headers: { accept: 'text/plain' } }
    const accessors = Object.defineProperties(
      {},
      Object.fromEntries(
        Object.entries(options).map(([name, value]) => [
          name,
          {
            enumerable: true,
            get() {
              read.push(name)
              return value
            },
          },
        ]),
      ),
    )
    const proxy = new Proxy(options, {
      get(target, name) {
        read.push(name)
        return Reflect.get(target, name)
      },
    })
    const ask = (given: object) =>
      new Promise((resolve, reject) => {
        http.get(given, answer => answer.resume().on('end', resolve)).on('error', reject)
      })
    instrumented(['http'])
    for (const given of [accessors, proxy]) {
      await ask(given)
      // For an untraced request, Node also reads `href` of the Proxy object, to check whether the object is a URL.
      const untraced = read.splice(0).filter(name => name !== 'href')

      await inTrace(() => ask(given))

      expect(read.splice(0)).toEqual(untraced)
    }
  })

  it('sends the same bytes to a forbidden host as an untraced request', async () => {
    await using bytes = await openByteServer()
    const send = () =>
      new Promise(resolve => {
        const options = { port: bytes.port, method: 'POST', headers: { 'X-Own': 'yes' }, agent: false } as const
        const request = http.request({ host: '127.0.0.1', ...options }, response => response.resume())
        request.on('close', resolve)
        request.end('body')
      })
    await send()
    instrumented(['http'], { propagateTo: [] })

    await inTrace(send)

    const [plain, traced] = bytes.received
    expect(traced).toBe(plain)
  })
})

describe('a request to a server that never responds', () => {
  async function askByAgent(): Promise<unknown> {
    const agent = new HttpAgent({ timeout: 50, freeSocketTimeout: 4_000 })
    const request = http.get(`${server.origin}/never`, { agent: agent as unknown as http.Agent })
    const [error] = await once(request, 'error')
    agent.destroy()
    return (error as { code?: unknown }).code
  }

  it.each(['untraced', 'traced'])('is canceled by an agent of the package agentkeepalive (%s)', async how => {
    const records = collect()
    instrumented(['http'])

    const code = how === 'untraced' ? await askByAgent() : (await inTrace(askByAgent)).result

    expect(code).toBe('ERR_SOCKET_TIMEOUT')
    if (how === 'traced') expect(only(records, 'http-stop').info).toMatchObject({ message: 'Socket timeout' })
  })
})
