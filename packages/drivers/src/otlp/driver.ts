import { suppress, type TraceRecord, type WriteResult } from '@osprofiler/core'
import { beginExit, clearTimeout, exitTimeLeft, process, setImmediate, setTimeout, URL } from '@osprofiler/core/toolkit'
import { holdProcessDuring } from '../lifetime/hold.js'
import { createSerialQueue } from '../lifetime/serial-queue.js'
import { findClient } from '../opening/client-package.js'
import { showPath } from '../opening/show-path.js'
import type { OpenContext, StoreDriver } from '../opening/store-driver.js'
import { createOpenPoints, type OtlpPlan } from './points/open-points.js'
import { createSpanMaker } from './points/readable-span.js'
import { createPointSender } from './sending/deliver.js'
import { createRecordFates } from './sending/record-fates.js'
import { createOtlpSender } from './sending/sender.js'
import { readOtlpSettings } from './settings/settings.js'

/** Maximum number of unfinished points that are sent in one step. */
const BATCH_POINTS = 500

/**
 * Opens a driver that sends points to an OpenTelemetry collector as spans, using OTLP over HTTP. The driver cannot read
 * traces. A span is sent when its point stops. Until then, the start record waits in memory of limited size, and counts
 * as written. A point without a stop record is sent with the mark `osprofiler.unfinished`. This happens some seconds
 * after all its ancestors have stopped, when too many points are open, or when the driver or the process ends.
 */
export function openOtlpDriver(location: string, context: OpenContext): StoreDriver {
  const { scheme, lifetime } = context
  const settings = readOtlpSettings(location, context)
  const format = settings.protocol === 'http/json' ? 'http' : 'proto'
  findClient(`@opentelemetry/exporter-trace-otlp-${format}`, context)
  const openPoints = createOpenPoints(settings.lingerMs)
  const sender = createOtlpSender(settings, lifetime)
  const sendPoints = createPointSender(sender, settings.protocol, createSpanMaker(settings.resource))
  const fates = createRecordFates()
  const runInTurn = createSerialQueue()
  let isClosing = false
  let overdueTimer: NodeJS.Timeout | undefined
  let writes = 0
  let writesAtLastExit = -1

  async function sendUnfinished(planNext: () => OtlpPlan): Promise<void> {
    for (let plan = planNext(); plan.points.length > 0; plan = planNext()) {
      await sendPoints(plan.points, (point, fate) => point.done(fate === 'sent'))
    }
  }

  async function write(records: readonly TraceRecord[]): Promise<WriteResult> {
    try {
      await sendUnfinished(() => openPoints.planOldest(openPoints.isFull ? BATCH_POINTS : 0))
      const fresh = records.filter(record => fates.get(record) === undefined)
      const plan = openPoints.plan(fresh)
      // For a batch that contains only start records, no span is sent. The records count as written only if the
      // collector currently accepts requests.
      if (plan.points.length === 0 && fresh.length > 0) await sender.check()
      await sendPoints(plan.points, (point, fate) => {
        point.done(fate === 'sent')
        for (const record of point.given) fates.set(record, fate)
      })
      for (const record of plan.hold()) fates.set(record, 'sent')
      return fates.summarize(records)
    } finally {
      watchOpenPoints()
    }
  }

  /**
   * Schedules the sending of unfinished points: overdue points after some time, and all open points when the process
   * ends normally.
   */
  function watchOpenPoints(): void {
    process.off('beforeExit', onBeforeExit)
    if (openPoints.size === 0 || isClosing) return
    process.on('beforeExit', onBeforeExit)
    overdueTimer ??= setTimeout(() => {
      overdueTimer = undefined
      void runInTurn(() => sendUnfinished(() => openPoints.planOverdue(BATCH_POINTS)))
        .catch(() => undefined)
        .finally(watchOpenPoints)
    }, settings.lingerMs).unref()
  }

  /**
   * Sends all open points at the end of the process. The notifier also delivers records on `beforeExit`. Therefore the
   * points count as unfinished only if no write has followed the previous `beforeExit`.
   */
  function onBeforeExit(): void {
    if (beginExit() === 0) return
    if (writesAtLastExit === writes) return void suppress(() => holdProcessDuring(sendAllOpen, exitTimeLeft()))
    writesAtLastExit = writes
    setImmediate(() => undefined)
  }

  async function sendAllOpen(): Promise<void> {
    process.off('beforeExit', onBeforeExit)
    await runInTurn(() => sendUnfinished(() => openPoints.planOldest(BATCH_POINTS))).catch(() => undefined)
    process.off('beforeExit', onBeforeExit)
  }

  return {
    name: scheme,
    location: showPath(new URL(settings.url).host),
    write(records) {
      writes++
      return runInTurn(() => write(records))
    },
    check: () => runInTurn(sender.confirm),
    finishWork() {
      isClosing = true
      return sendAllOpen()
    },
    disconnect: sender.disconnect,
    destroy() {
      clearTimeout(overdueTimer)
      sender.destroy()
    },
  }
}
