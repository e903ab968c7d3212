import type { LocalTrace } from '../points/local-trace.js'
import { Profiler } from '../points/profiler.js'
import type { StepTotal } from '../points/step-totals.js'
import type { PointInfo } from '../record/trace-record.js'
import { startWishedAccount } from '../why/request-account.js'
import type { AdmittedTrace } from './admitted-trace.js'

/** The point of a served request, call or message. With this point, the process joins a trace that began elsewhere. */
export class RootPoint {
  /** The profiler inside the point, for the code that serves the request, call or message. */
  readonly profiler: Profiler
  /**
   * Returns the totals of the closed points inside this point. Only present if the caller's ticket asks for these
   * totals (the wish `answer`).
   */
  readonly steps: (() => readonly StepTotal[]) | undefined
  readonly #trace: LocalTrace
  readonly #reportsOmitted: boolean

  constructor(admitted: AdmittedTrace, maxPoints: number, name: string, info: PointInfo) {
    this.#trace = admitted.open(maxPoints)
    this.steps = this.#trace.totals?.list
    this.#reportsOmitted = this.#trace.known.openReporter(this.#trace.maxPoints)
    try {
      startWishedAccount(this.#trace)
      this.profiler = new Profiler(this.#trace).fork(name, info)
      this.#trace.reportCountsAt(this.profiler.traceId)
      // Recording of call sites starts after the request's own point was opened, because that point has no call site.
      if (this.#trace.wantsCallSites) this.#trace.startCallSites()
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
