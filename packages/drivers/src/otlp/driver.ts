import { type Driver, suppress, type TraceRecord, type WriteResult } from '@osprofiler/core'
import {
  clearTimeout,
  holdProcess,
  joinNaturalEnd,
  naturalEndLeft,
  process,
  setImmediate,
  setTimeout,
  URL,
} from '@osprofiler/core/toolkit'
import { createLife } from '../lifetime/store-life.js'
import { createTurns } from '../lifetime/turns.js'
import { findClient } from '../opening/client-package.js'
import type { OpenContext } from '../opening/open-context.js'
import { toShownPath } from '../opening/shown-path.js'
import { createOpenPoints, type OtlpPlan } from './points/points.js'
import { createSpanMaker } from './points/span.js'
import { createDeliver } from './sending/deliver.js'
import { createFates } from './sending/fates.js'
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
export function openOtlpDriver(location: string, context: OpenContext): Driver {
  const settings = readOtlpSettings(location, context)
  const format = settings.protocol === 'http/json' ? 'http' : 'proto'
  findClient(`@opentelemetry/exporter-trace-otlp-${format}`, context)
  const open = createOpenPoints(settings.lingerMs)
  const life = createLife()
  const sender = createOtlpSender(settings, life.lookup)
  const deliver = createDeliver(sender, settings.protocol, createSpanMaker(settings.resource))
  const fates = createFates()
  const inTurn = createTurns()
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
      if (plan.points.length === 0 && plan.refused < fresh.length) await sender.check()
      await deliver(plan.points, (point, fate) => {
        point.done(fate === 'sent')
        for (const record of point.given) fates.set(record, fate)
      })
      for (const record of plan.hold()) fates.set(record, 'sent')
      return fates.tell(records, plan.refused)
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
      void inTurn(() => giveUp(() => open.planOverdue(BATCH)))
        .catch(() => undefined)
        .finally(watchOpenPoints)
    }, settings.lingerMs).unref()
  }

  /** The notifier delivers what it has at that moment, too: only when no more comes is a point known not to stop. */
  function endNaturally(): void {
    if (joinNaturalEnd() === 0) return
    if (noticedWrites === writes) return void suppress(endAll)
    noticedWrites = writes
    setImmediate(() => undefined)
  }

  /** Sends all that is open. */
  async function endAll(): Promise<void> {
    process.off('beforeExit', endNaturally)
    const release = holdProcess(naturalEndLeft())
    await inTurn(() => giveUp(() => open.planOldest(BATCH))).catch(() => undefined)
    release()
    process.off('beforeExit', endNaturally)
  }

  return {
    name: context.scheme,
    location: toShownPath(new URL(settings.url).host),
    async write(records) {
      life.checkOpen()
      writes++
      return await life.follow(inTurn(() => write(records)))
    },
    async check() {
      life.checkOpen()
      await life.follow(inTurn(sender.confirm))
      return true
    },
    close(timeout) {
      isClosing = true
      return life.close(timeout, {
        settle: () => suppress(endAll),
        leave: sender.leave,
        cut() {
          clearTimeout(lingering)
          sender.cut()
        },
      })
    },
  }
}
