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

/** Points in one request, of those that are given up. */
const BATCH = 500

/**
 * Sends points to an OpenTelemetry collector as spans, by OTLP over HTTP. Write only.
 *
 * A span is sent when its stop comes; until then its start waits here, in memory that is bounded, and counts as
 * written. What has not stopped is sent marked `osprofiler.unfinished`: some seconds after all above it has stopped,
 * where more points are open than there is room for, and at the end.
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

  /** Sends what is given up, until there is no more of it. */
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
      // Starts alone are held: they count as written only where the collector takes what is to come of them.
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

  /** Looks after what is open: some time later, and at the process's natural end. */
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

  /** The notifier delivers what it has at that moment, too: only when no more comes is a point known not to stop. */
  function endNaturally(): void {
    if (beginExit() === 0) return
    if (noticedWrites === writes) return void suppress(() => hold(endAll, exitTimeLeft()))
    noticedWrites = writes
    setImmediate(() => undefined)
  }

  /** Sends all that is open. */
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
