import { readFileSync } from 'node:fs'
import { MongoClient } from 'mongodb'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ingestEvents, queryEvents, type StoredEvent } from './stand-ins/loginsight-events.js'
import { startMongodb } from './stand-ins/mongodb.js'
import { startSearch } from './stand-ins/search.js'

describe('a stand-in', () => {
  it.each(['mongodb', 'search', 'loginsight'])('is called a stand-in in the first line of its source (%s)', name => {
    const source = readFileSync(new URL(`stand-ins/${name}.ts`, import.meta.url), 'utf8')

    expect(source).toMatch(/^\/\/ A stand-in for /)
  })

  it('for MongoDB refuses unknown commands and the values that MongoDB refuses', async () => {
    const server = await startMongodb()
    const client = new MongoClient(`mongodb://127.0.0.1:${server.port}`)
    onTestFinished(async () => {
      await client.close()
      await server.kill()
    })
    const records = client.db('osprofiler').collection<{ _id: number; name?: string }>('profiler')
    await expect(client.db('osprofiler').command({ mapReduce: 'profiler' })).rejects.toMatchObject({ code: 59 })
    await expect(records.findOne({ name: { $regex: 'x' } })).rejects.toMatchObject({ code: 2 })
    await expect(records.findOne({ $where: 'true' })).rejects.toMatchObject({ code: 2 })
    await expect(records.aggregate([{ $out: 'x' }]).toArray()).rejects.toMatchObject({ code: 40324 })
    await records.insertOne({ _id: 1 })
    await expect(records.insertOne({ _id: 1 })).rejects.toMatchObject({ code: 11000 })
  })

  it.each(['elasticsearch', 'opensearch'] as const)('for %s refuses unknown requests', async product => {
    const server = await startSearch({ product })
    onTestFinished(() => server.kill())
    const ask = async (path: string, body: object) => {
      const method = 'POST'
      const { status } = await fetch(`http://127.0.0.1:${server.port}${path}`, { method, body: JSON.stringify(body) })
      return status
    }
    await ask('/records/_doc', { base_id: 'words of a text', at: '2026-11-22T10:00:00.000' })

    expect(await ask('/records/_search', { query: { match_all: {} } })).toBe(200)
    expect(await ask('/records/_search', { query: { query_string: { query: '*' } } })).toBe(400)
    expect(await ask('/records/_search', { sort: [{ nothing: 'asc' }] })).toBe(400)
    expect(await ask('/records/_search', { sort: [{ base_id: 'asc' }] })).toBe(400)
    expect(await ask('/records/_search', { aggs: { a: { cardinality: { field: 'at' } } } })).toBe(400)
    expect(await ask('/records/_doc', { at: 'never' })).toBe(400)
    expect(await ask('/records/_close', {})).toBe(405)
    expect(await ask('/records/notification', {})).toBe(400)
    expect(await ask('/nothing/_search', {})).toBe(404)
  })

  it('for Log Insight refuses unknown requests', () => {
    const events: StoredEvent[] = []
    const query = (path: string) => queryEvents(events, path, new URLSearchParams())
    ingestEvents(events, JSON.stringify({ events: [{ text: 'One' }] }))

    expect(query('text/CONTAINS%20one')).toHaveLength(1)
    expect(() => query('text/MATCHES_REGEX%20.*')).toThrow('not understood')
    expect(() => query('text/CONTAINS%20%25')).toThrow('no word')
    expect(() => ingestEvents(events, JSON.stringify({ events: [{ id: 7 }] }))).toThrow('schema')
    expect(() => ingestEvents(events, JSON.stringify({ events: new Array(501).fill({ text: '' }) }))).toThrow('many')
  })
})
