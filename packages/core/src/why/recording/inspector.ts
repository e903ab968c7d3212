import { Promise, process } from '../../platform/platform.js'
import type { CpuProfile, PoolEvent } from './recording.js'

type Inspector = typeof import('node:inspector')
type Session = InstanceType<Inspector['Session']>

/** The interval between two samples. Half this interval would cost twice as much and hardly improve the account. */
const SAMPLE_US = 1_000

/** The interval between two samples, in milliseconds. */
export const SAMPLE_MS = SAMPLE_US / 1_000

/** A session with the inspector of this thread. It opens no port. */
export interface InspectorSession {
  /** Begins to collect events of the thread pool. */
  startPoolEvents(): void
  /** Resolves to the events of the thread pool until now. */
  stopPoolEvents(): Promise<readonly PoolEvent[]>
  /** Starts the CPU profiler. This blocks the process. */
  startProfiler(): void
  stopProfiler(): CpuProfile
  close(): void
}

/**
 * Connects to the inspector. Loads `node:inspector` only now, because a process needs it only for a recording. Throws
 * if Node denies access to the inspector.
 */
export function connectInspector(): InspectorSession {
  const inspector = process.getBuiltinModule('node:inspector') as Inspector
  const session = new inspector.Session()
  session.connect()
  const events: PoolEvent[] = []
  let onComplete = (): void => undefined
  return {
    startPoolEvents() {
      session.on('NodeTracing.dataCollected', ({ params }) => {
        for (const event of params.value as unknown as PoolEvent[]) if (event.ph !== 'M') events.push(event)
      })
      session.on('NodeTracing.tracingComplete', () => onComplete())
      const traceConfig = { includedCategories: ['node.threadpoolwork'] }
      session.post('NodeTracing.start', { traceConfig }, () => undefined)
    },
    stopPoolEvents() {
      return new Promise(resolve => {
        onComplete = () => resolve(events)
        session.post('NodeTracing.stop', () => undefined)
      })
    },
    startProfiler() {
      post(session, 'Profiler.enable')
      post(session, 'Profiler.setSamplingInterval', { interval: SAMPLE_US })
      post(session, 'Profiler.start')
    },
    stopProfiler: () => (post(session, 'Profiler.stop') as { profile: CpuProfile }).profile,
    close: () => session.disconnect(),
  }
}

/** Sends a command that the inspector of the same thread answers synchronously. */
function post(session: Session, method: string, params: object = {}): unknown {
  let result: unknown
  let failure: Error | null = null
  session.post(method, params, (error, value) => {
    failure = error
    result = value
  })
  if (failure !== null) throw failure
  return result
}
