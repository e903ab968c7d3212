import type { LocalTrace } from '../points/local-trace.js'
import { Profiler } from '../points/profiler.js'
import type { StepTotal } from '../points/step-totals.js'
import type { PointInfo } from '../record/trace-record.js'
import type { AdmittedTrace } from './admitted-trace.js'

/** The point of a served request, call or message, with which this process joins a trace from elsewhere. */
export class RootPoint {
  /** Profiler for the code that serves, inside the point. */
  readonly profiler: Profiler
  /** Returns the sums of the closed points inside. Present if the caller has asked for an answer. */
  readonly steps: (() => readonly StepTotal[]) | undefined
  readonly #trace: LocalTrace
  readonly #reportsOmitted: boolean

  constructor(admitted: AdmittedTrace, maxPoints: number, name: string, info: PointInfo) {
    this.#trace = admitted.open(maxPoints)
    this.steps = this.#trace.totals?.list
    this.#reportsOmitted = this.#trace.known.openReporter(this.#trace.maxPoints)
    try {
      this.profiler = new Profiler(this.#trace).fork(name, info)
    } catch (error) {
      this.close()
      throw error
    }
  }

  /** Must be called once, after the profiler has ended. */
  close(): void {
    if (this.#reportsOmitted) this.#trace.known.closeReporter()
    this.#trace.end()
  }
}
