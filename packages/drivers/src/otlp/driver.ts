import { suppress, type TraceRecord, type WriteResult } from '@osprofiler/core'
import { beginExit, clearTimeout, exitTimeLeft, process, setImmediate, setTimeout, URL } from '@osprofiler/core/toolkit'
import { hold } from '../lifetime/hold.js'
import { createOneAtATime } from '../lifetime/one-at-a-time.js'
import { findClient } from '../opening/client-package.js'
import { showPath } from '../opening/show-path.js'
import type { OpenContext, StoreDriver } from '../opening/store-driver.js'
import { createOpenPoints, type OtlpPlan } from './points/open-points.js'
import { createSpanMaker } from './points/readable-span.js'
import { createDeliver } from './sending/deliver.js'
import { createRecordFates } from './sending/record-fates.js'
import { createOtlpSender } from './sending/sender.js'
import { readOtlpSettings } from './settings/settings.js'

/** Number of unfinished points that are planned and sent at a time. */
const BATCH = 500

/**
 * Opens a driver that sends points to an OpenTelemetry collector as spans, by OTLP over HTTP. The driver only writes. A
 * span is sent when its point stops. Until then the start waits in bounded memory and counts as written. A point
 * without a stop is sent with the mark `osprofiler.unfinished`. This happens some seconds after all points above it
 * stopped, when too many points are open, and at the end.
 */
export function openOtlpDriver(location: string, context: OpenContext): StoreDriver {
  const { scheme, lifetime } = context
  const settings = readOtlpSettings(location, context)
  const format = settings.protocol === 'http/json' ? 'http' : 'proto'
  findClient(`@opentelemetry/exporter-trace-otlp-${format}`, context)
  const open = createOpenPoints(settings.lingerMs)
  const sender = createOtlpSender(settings, lifetime)
  const deliver = createDeliver(sender, settings.protocol, createSpanMaker(settings.resource))
  const fates = createRecordFates()
  const oneAtATime = createOneAtATime()
  let isClosing = false
  let lingering: NodeJS.Timeout | undefined
  let writes = 0
  let noticedWrites = -1

  async function giveUp(next: () => OtlpPlan): Promise<void> {
    for (let plan = next(); plan.points.length > 0; plan = next()) {
      await deliver(plan.points, (point, fate) => point.done(fate === 'sent'))
    }
  }

  async function write(records: readonly TraceRecord[]): Promise<WriteResult> {
    try {
      await giveUp(() => open.planOldest(open.isFull ? BATCH : 0))
      const fresh = records.filter(record => fates.of(record) === undefined)
      const plan = open.plan(fresh)
      // A batch of starts sends nothing. Its records count as written only if the collector accepts requests.
      if (plan.points.length === 0 && fresh.length > 0) await sender.check()
      await deliver(plan.points, (point, fate) => {
        point.done(fate === 'sent')
        for (const record of point.given) fates.set(record, fate)
      })
      for (const record of plan.hold()) fates.set(record, 'sent')
      return fates.tell(records)
    } finally {
      watchOpenPoints()
    }
  }

  /** Sends overdue points some time later, and all open points at the natural end of the process. */
  function watchOpenPoints(): void {
    process.off('beforeExit', endNaturally)
    if (open.size === 0 || isClosing) return
    process.on('beforeExit', endNaturally)
    lingering ??= setTimeout(() => {
      lingering = undefined
      void oneAtATime(() => giveUp(() => open.planOverdue(BATCH)))
        .catch(() => undefined)
        .finally(watchOpenPoints)
    }, settings.lingerMs).unref()
  }

  /** The notifier delivers at this moment too, so a point counts as unfinished only if no further write comes. */
  function endNaturally(): void {
    if (beginExit() === 0) return
    if (noticedWrites === writes) return void suppress(() => hold(endAll, exitTimeLeft()))
    noticedWrites = writes
    setImmediate(() => undefined)
  }

  async function endAll(): Promise<void> {
    process.off('beforeExit', endNaturally)
    await oneAtATime(() => giveUp(() => open.planOldest(BATCH))).catch(() => undefined)
    process.off('beforeExit', endNaturally)
  }

  return {
    name: scheme,
    location: showPath(new URL(settings.url).host),
    write(records) {
      writes++
      return oneAtATime(() => write(records))
    },
    check: () => oneAtATime(sender.confirm),
    settle() {
      isClosing = true
      return endAll()
    },
    leave: sender.leave,
    cut() {
      clearTimeout(lingering)
      sender.cut()
    },
  }
}
