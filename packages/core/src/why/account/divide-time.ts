import { Math } from '../../platform/platform.js'
import type { Entry, Recording, Section } from '../recording/recording.js'
import type { AddPiece, Piece, Site } from './cause.js'
import { createSectionDivider } from './divide-section.js'
import { createGapExplainer } from './explain-gaps.js'
import { explainWaits } from './explain-waits.js'
import { createSampledPeriods } from './sampled-periods.js'
import type { Samples } from './samples.js'
import type { Slices } from './slices.js'
import { TINY_MS } from './sorted.js'

/**
 * Divides the time of a request among causes. First, divides the sections, which are the periods in which code of the
 * request ran. Then explains the time between sections, backwards from the end: from each section to the event that
 * made the section run.
 *
 * @param siteOf returns where a resource was created
 */
export async function divideTime(
  recording: Recording,
  samples: Samples,
  siteOf: (entry: Entry) => Site,
  slices: Slices,
): Promise<Piece[]> {
  const { startedAt: start, endedAt: end, sampleMs } = recording
  const sections = readSections(recording)
  const collections = recording.collections
    .filter(({ from, to }) => to > start && from < end)
    .toSorted((one, other) => one.from - other.from)
  const periods = createSampledPeriods(samples, sampleMs)
  const pieces: Piece[] = []
  const put: AddPiece = (from, to, cause) => {
    if (to > from) pieces.push({ from, to, cause })
  }
  const divideSection = createSectionDivider(collections, periods, siteOf, put)
  for (const section of sections) {
    await slices.next()
    divideSection(section)
  }
  await explainWaits(recording, sections, periods, siteOf, createGapExplainer(sections, periods, put), slices)
  return fillRest(pieces, start, end)
}

/** Returns the sections of the recorded time, in order. */
function readSections({ sections, startedAt, endedAt }: Recording): readonly Section[] {
  return sections
    .filter(({ from, to }) => to > startedAt && from < endedAt && to > from)
    .map(section => ({
      ...section,
      from: Math.max(section.from, startedAt),
      to: Math.min(section.to, endedAt),
    }))
    .sort((one, other) => one.from - other.from)
}

/** Fills each gap between the pieces with a piece whose cause is unknown. Cuts off the overlaps of pieces. */
function fillRest(pieces: readonly Piece[], start: number, end: number): Piece[] {
  const filled: Piece[] = []
  let reached = start
  for (const { from, to, cause } of pieces.toSorted((one, other) => one.from - other.from)) {
    if (from > reached + TINY_MS) filled.push({ from: reached, to: from, cause: { kind: 'unknown' } })
    const left = Math.max(from, reached)
    if (to > left) filled.push({ from: left, to, cause })
    reached = Math.max(reached, to)
  }
  if (end > reached + TINY_MS) filled.push({ from: reached, to: end, cause: { kind: 'unknown' } })
  return filled
}
