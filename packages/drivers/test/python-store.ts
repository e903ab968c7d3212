import type { TraceRecord } from '@osprofiler/core'
import { importOnce, readPythonOutput } from '../../../test/python/run-python.js'
import { fixture } from './child.js'
import { makeRecord } from './make-record.js'

importOnce('osprofiler.drivers.loginsight', 'pymongo')

/**
 * Runs commands of the fixture, which uses OSProfiler's own driver. Returns the values that the reading commands print.
 */
export async function usePython(
  commands: string,
  connectionString: string,
  {
    baseId = '',
    records = [],
    env = {},
  }: { baseId?: string; records?: readonly object[]; env?: NodeJS.ProcessEnv } = {},
): Promise<unknown[]> {
  const args = [fixture('python_store.py'), commands, connectionString, baseId]
  const input = records.map(record => `${JSON.stringify(record)}\n`).join('')
  const lines = (await readPythonOutput(args, { input, env })).split('\n')
  return lines.filter(line => line !== '').map(line => JSON.parse(line))
}

/** Returns the records of a failed request with a query, as a Node.js service records them. */
export function makeServed(): TraceRecord[] {
  const root = makeRecord({ base_id: 'trace', trace_id: 'root', timestamp: '2026-11-22T10:00:00.000001' })
  const query = { base_id: 'trace', parent_id: 'root', trace_id: 'query' }
  const statement = { host: 'web-1', db: { statement: 'SELECT é', params: [1, 1_700_000_000_000] } }
  return [
    root,
    makeRecord({ ...query, name: 'db-start', timestamp: '2026-11-22T10:00:00.002001', info: statement }),
    makeRecord({ ...query, name: 'db-stop', timestamp: '2026-11-22T10:00:00.005001', info: { host: 'web-1' } }),
    { ...root, name: 'wsgi-stop', timestamp: '2026-11-22T10:00:00.009001', info: { host: 'web-1', etype: 'Error' } },
  ]
}

/** The expected parts of Python's report of `makeServed`. */
export const SERVED_REPORT = {
  stats: { wsgi: { count: 1, duration: 9 }, db: { count: 1, duration: 3 } },
  children: [
    {
      trace_id: 'root',
      info: { name: 'wsgi', project: 'shop', service: 'orders', host: 'web-1', exception: 'Error' },
      children: [
        {
          trace_id: 'query',
          parent_id: 'root',
          info: {
            started: 2,
            finished: 5,
            'meta.raw_payload.db-start': { info: { db: { statement: 'SELECT é', params: [1, 1_700_000_000_000] } } },
          },
        },
      ],
    },
  ],
}

/** Returns records as a Python service sends them. */
export function makePythonTrace(): TraceRecord[] {
  const info = { host: 'nova-1', text: 'é漢😀', deep: { list: [1, null, 2.5, 2 ** 40] } }
  return [
    makeRecord({ base_id: 'trace', name: 'rpc-start', project: 'nova', service: 'compute', info }),
    makeRecord({
      base_id: 'trace',
      name: 'rpc-stop',
      project: 'nova',
      service: 'compute',
      info: { host: 'nova-1', etype: 'E' },
    }),
  ]
}
