import { SearchRefusal } from './search-failure.js'
import { type Field, findField, valuesAt } from './search-mapping.js'
import { requireDocValues, sortDocuments } from './search-query.js'

type Values = Readonly<Record<string, unknown>>

export interface Hit {
  readonly _index: string
  readonly _id: string
  readonly _source: Values
}

/** Runs aggregations over the hits of a query. Unknown aggregations are refused. */
export function aggregate(mapping: Field, hits: readonly Hit[], aggregations: Values): Values {
  return Object.fromEntries(
    Object.entries(aggregations).map(([name, specification]) => [name, run(mapping, hits, specification as Values)]),
  )
}

function run(mapping: Field, hits: readonly Hit[], { aggs = {}, ...kinds }: Values): unknown {
  const [[kind, specification] = ['', undefined]] = Object.entries(kinds)
  const members = specification as Values
  if (kind === 'top_hits') return { hits: { hits: topHits(mapping, hits, members) } }
  if (kind === 'terms') return { buckets: toTerms(mapping, hits, members, aggs as Values) }
  if (kind === 'composite') return { buckets: toComposite(mapping, hits, members) }
  throw new SearchRefusal(400, 'parsing_exception', `Unknown aggregation type [${kind}]`)
}

function topHits(mapping: Field, hits: readonly Hit[], { size, sort, _source }: Values): Hit[] {
  const sorted = sortDocuments(mapping, hits, sort as Values[], hit => hit._source)
  return sorted.slice(0, Number(size)).map(hit => filterSource(hit, _source))
}

function toTerms(mapping: Field, hits: readonly Hit[], { field, include, size = 10 }: Values, aggs: Values): Values[] {
  const groups = groupBy(mapping, hits, String(field))
  const wanted = [...groups].filter(([key]) => include === undefined || (include as unknown[]).includes(key))
  return wanted
    .sort(([, one], [, other]) => other.length - one.length)
    .slice(0, Number(size))
    .map(([key, members]) => ({ key, doc_count: members.length, ...aggregate(mapping, members, aggs) }))
}

function toComposite(mapping: Field, hits: readonly Hit[], { sources, after, size = 10 }: Values): Values[] {
  const [source = {}] = sources as Record<string, { readonly terms: { readonly field: string } }>[]
  const [[name, { terms }] = ['', { terms: { field: '' } }]] = Object.entries(source)
  const from = after === undefined ? undefined : String((after as Values)[name])
  return [...groupBy(mapping, hits, terms.field)]
    .sort(([one], [other]) => compareText(one, other))
    .filter(([key]) => from === undefined || compareText(key, from) > 0)
    .slice(0, Number(size))
    .map(([key, members]) => ({ key: { [name]: key }, doc_count: members.length }))
}

function groupBy(mapping: Field, hits: readonly Hit[], path: string): Map<string, Hit[]> {
  requireDocValues(findField(mapping, path), path)
  const groups = new Map<string, Hit[]>()
  for (const hit of hits) {
    for (const value of valuesAt(mapping, hit._source, path)) {
      const key = String(value)
      groups.set(key, [...(groups.get(key) ?? []), hit])
    }
  }
  return groups
}

/** Returns a hit with only the requested members of its document. */
export function filterSource(hit: Hit, wanted: unknown): Hit {
  if (wanted === undefined) return hit
  const names = wanted as string[]
  return { ...hit, _source: Object.fromEntries(Object.entries(hit._source).filter(([name]) => names.includes(name))) }
}

function compareText(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other))
}
