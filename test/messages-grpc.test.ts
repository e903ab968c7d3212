import {
  Client,
  credentials,
  type MethodDefinition,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js'
import { configure, createTraceId, get, run, withTrace } from '@osprofiler/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { serveTraced, traceCalls } from '../examples/messages/grpc.js'
import { collectRecords } from './adapters/collect-records.js'

const records = collectRecords()
const server = new Server({ interceptors: [serveTraced] })
let client: Client
let unconfigure: () => void

const json = {
  serialize: (value: unknown): Buffer => Buffer.from(JSON.stringify(value)),
  deserialize: (bytes: Buffer): unknown => JSON.parse(bytes.toString()),
}

function defineMethod(path: string, stream: boolean): MethodDefinition<unknown, unknown> {
  return {
    path,
    requestStream: stream,
    responseStream: stream,
    requestSerialize: json.serialize,
    requestDeserialize: json.deserialize,
    responseSerialize: json.serialize,
    responseDeserialize: json.deserialize,
  }
}

const SERVICE = {
  add: defineMethod('/Prices/Add', false),
  fail: defineMethod('/Prices/Fail', false),
  echo: defineMethod('/Prices/Echo', true),
}

beforeAll(async () => {
  unconfigure = configure({ hmacKeys: 'KEY' })
  server.addService(SERVICE, {
    add({ request }: ServerUnaryCall<number[], unknown>, done: sendUnaryData<unknown>) {
      withTrace('work', async () => {}).then(() => done(null, { sum: request[0], trace: get()?.baseId }))
    },
    fail(_: unknown, done: sendUnaryData<unknown>) {
      done({ code: status.NOT_FOUND, details: 'no such price' })
    },
    echo(call: ServerDuplexStream<unknown, unknown>) {
      call.on('data', value => call.write([value, get()?.baseId]))
      call.on('end', () => call.end())
    },
  })
  const port = await new Promise<number>((resolve, reject) => {
    const insecure = ServerCredentials.createInsecure()
    server.bindAsync('127.0.0.1:0', insecure, (error, bound) => (error ? reject(error) : resolve(bound)))
  })
  client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), { interceptors: [traceCalls] })
})

afterAll(() => {
  unconfigure()
  client.close()
  server.forceShutdown()
})

function call(definition: MethodDefinition<unknown, unknown>, argument: unknown): Promise<unknown> {
  const { path, requestSerialize, responseDeserialize } = definition
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(path, requestSerialize, responseDeserialize, argument, (error, value) =>
      error ? reject(error) : resolve(value),
    )
  })
}

/** Waits for the server's last record, which may be written after the client has the response. */
async function waitForRecords(count: number): Promise<void> {
  await expect.poll(() => records.length).toBe(count)
}

describe('the code for gRPC in the docs', () => {
  it("places the callee's points below the call", async () => {
    const baseId = createTraceId()

    const answer = await run({ hmacKey: 'KEY', baseId }, () => call(SERVICE.add, [2, 3]))
    await waitForRecords(6)

    expect(answer).toEqual({ sum: 2, trace: baseId })
    const [asked, served, work] = records.filter(({ name }) => name.endsWith('-start'))
    expect(asked).toMatchObject({ name: 'rpc-start', parent_id: baseId, info: { function: { name: '/Prices/Add' } } })
    expect(served).toMatchObject({ name: 'rpc-start', parent_id: asked?.trace_id })
    expect(work).toMatchObject({ name: 'work-start', parent_id: served?.trace_id })
    expect(records.map(({ info }) => info.etype).filter(Boolean)).toEqual([])
  })

  it('records a failure in the caller and the callee', async () => {
    await expect(run({ hmacKey: 'KEY' }, () => call(SERVICE.fail, []))).rejects.toThrow('no such price')
    await waitForRecords(4)

    expect(records.filter(({ name }) => name === 'rpc-stop').map(({ info }) => info.message)).toEqual([
      'no such price',
      'no such price',
    ])
  })

  it('does not lose the trace in a stream, and does not mix traces', async () => {
    const { path, requestSerialize, responseDeserialize } = SERVICE.echo
    const echo = async (): Promise<unknown> => {
      const stream = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize)
      stream.write('x')
      setTimeout(() => stream.end('y'), 10)
      return stream.toArray()
    }
    const traces = [createTraceId(), createTraceId()]

    const answers = await Promise.all([...traces.map(baseId => run({ hmacKey: 'KEY', baseId }, echo)), echo()])
    await waitForRecords(8)

    expect(answers).toEqual([...traces, null].map(id => ['x', 'y'].map(value => [value, id])))
  })

  it('does not trace the callee of an untraced call', async () => {
    expect(await call(SERVICE.add, [2, 3])).toEqual({ sum: 2 })
    expect(records).toEqual([])
  })
})
