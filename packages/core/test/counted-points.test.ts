import {
  type Configuration,
  configure,
  run,
  setNotifier,
  signedPack,
  type TraceRecord,
  withTrace,
} from '@osprofiler/core'
import { createCallTracer } from '@osprofiler/core/rpc'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { AdmittedTrace } from '../src/admission/admitted-trace.js'
import { RootPoint } from '../src/admission/root-point.js'
import { toSecretKey } from '../src/keys/secret-key.js'

let records: TraceRecord[]
const restores: (() => void)[] = []

beforeEach(() => {
  records = []
  setNotifier(record => void records.push(record))
})
afterEach(() => {
  setNotifier(undefined)
  for (const restore of restores.splice(0)) restore()
})

function openRoot(baseId: string, maxPoints = 100): RootPoint {
  const admitted = new AdmittedTrace({ key: toSecretKey('KEY'), baseId, parentId: 'caller' }, undefined)
  return new RootPoint(admitted, maxPoints, 'wsgi', {})
}

function hook(redact: Configuration['redact']): void {
  restores.push(configure({ redact }))
}

function close(root: RootPoint): void {
  root.profiler.end({ response: { status_code: 200 } })
  root.close()
}

function readCounts(): unknown[] {
  return records.filter(({ info }) => Object.hasOwn(info, 'points')).map(({ name, info }) => [name, info.points])
}

it('a trace that begins in this process has no counts of points, because there is no served request', () => {
  run({ hmacKey: 'KEY' }, () => withTrace('step', () => undefined))

  expect(readCounts()).toEqual([])
})

describe('the stop record of a served request or call', () => {
  it('says how many points the request has recorded', () => {
    const root = openRoot('counted')
    root.profiler.fork('outer').fork('inner').end()

    close(root)

    expect(readCounts()).toEqual([['wsgi-stop', { recorded: 3, pending: 1 }]])
  })

  it('does not count points of other requests of the same trace', () => {
    const first = openRoot('parallel')
    const second = openRoot('parallel')
    first.profiler.fork('step').end()

    close(second)
    close(first)

    expect(readCounts()).toEqual([
      ['wsgi-stop', { recorded: 1 }],
      ['wsgi-stop', { recorded: 2 }],
    ])
  })

  it('says how many points were over the limit', () => {
    const root = openRoot('limited', 2)
    for (let step = 0; step < 4; step++) root.profiler.startBeside('step').stop()

    close(root)

    expect(readCounts()).toEqual([['wsgi-stop', { recorded: 2, omitted: 3 }]])
  })

  it('does not count points as pending if they stop together with the request', () => {
    const root = openRoot('together')
    root.profiler.start('left open')

    close(root)

    expect(readCounts()).toEqual([['wsgi-stop', { recorded: 2 }]])
  })

  it('says how often the trace headers were sent to other services, by a point or by the program', () => {
    const root = openRoot('passed')
    root.profiler.getTraceIdHeaders()
    const point = root.profiler.startBeside('http')
    point.getTraceIdHeaders()
    point.ownsHeaders(undefined, 'no signature')
    point.stop()

    close(root)

    expect(readCounts()).toEqual([['wsgi-stop', { recorded: 2, passed_on: 2 }]])
  })

  it('does not count points that the hook `redact` drops', () => {
    hook(record => (record.name.startsWith('hidden') ? undefined : record))
    const root = openRoot('hidden')
    root.profiler.startBeside('hidden').stop()
    root.profiler.startBeside('hidden')

    close(root)

    expect(readCounts()).toEqual([['wsgi-stop', { recorded: 1 }]])
  })

  it('keeps the counts if the hook `redact` returns more info than a record may contain', () => {
    hook(record => ({ ...record, info: { ...createWideInfo(), ...record.info } }))
    const root = openRoot('wide')

    close(root)

    expect(readCounts()).toEqual([['wsgi-stop', { recorded: 1 }]])
  })

  it('says how many points a call has recorded', () => {
    const [info, hmac] = signedPack({ base_id: 'called', parent_id: 'caller' }, 'KEY')

    const call = createCallTracer('KEY').open({ info, hmac }, {}, { function: { name: 'create' } })
    call?.serve(() => withTrace('step', () => undefined))

    expect(readCounts()).toEqual([['rpc-stop', { recorded: 2 }]])
  })
})

function createWideInfo(): Record<string, string> {
  return Object.fromEntries(Array.from({ length: 2_000 }, (_, index) => [`member-${index}`, 'x'.repeat(100)]))
}
