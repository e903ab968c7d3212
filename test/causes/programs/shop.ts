// An Express service in which each route is slow for one reason, except for the routes below /healthy. The service
// calls the services `rates` and `orders`, and a host that is not traced.
// The tests find the line below a `line: NAME` comment by NAME.

import { lookup } from 'node:dns'
import { Agent, get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { withTrace } from '@osprofiler/core'
import { osprofilerErrorHandler, osprofilerMiddleware } from '@osprofiler/express'
import { setup } from '@osprofiler/node'
import { DatabaseSync } from '@photostructure/sqlite'
import express, { type Response } from 'express'

const osprofiler = setup({ service: 'shop', traceSql: 'statements' })
const { RATES_URL: rates = '', FAR_RATES_URL: farRates = '', ORDERS_URL: orders = '' } = process.env
const { UNTRACED_URL: untraced = '' } = process.env

const db = new DatabaseSync(':memory:')
db.exec(`CREATE TABLE items (id INTEGER PRIMARY KEY, order_id INTEGER, title TEXT);
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000)
  INSERT INTO items SELECT i, i / 20, 'A thing to buy, number ' || i FROM n`)

const app = express()
app.use(osprofilerMiddleware())
app.use(express.json())

app.get('/retries', async (_, res) => {
  for (let tried = 1; tried <= 3; tried++) {
    // line: retries
    const answer = await fetch(`${rates}/flaky`)
    if (answer.ok) return void res.send(await answer.text())
    await answer.text()
    await sleep(150)
  }
  res.sendStatus(502)
})

app.get('/connections', async (_, res) => {
  for (const currency of ['eur', 'usd', 'chf', 'jpy']) {
    await load(`${rates}/latest?currency=${currency}`, { agent: false, lookup: slowLookup(80) })
  }
  res.send('converted')
})

app.get('/dns', async (_, res) => {
  res.send(await load(`${rates}/latest`, { agent: new Agent(), lookup: slowLookup(300) }))
})

app.get('/serial', async (_, res) => {
  const latest = await ask(`${rates}/slow?ms=160`)
  const open = await ask(`${orders}/open`)
  res.send(latest + open)
})

app.get('/dependent', async (_, res) => {
  const { id } = JSON.parse(await ask(`${orders}/newest`))
  res.send(await ask(`${orders}/orders/${id}`))
})

app.get('/blank', async (_, res) => {
  await sleep(300)
  res.send('done')
})

app.get('/blank-between', async (_, res) => {
  // line: blank-load
  await withTrace('load', () => sleep(10))
  await sleep(300)
  // line: blank-save
  await withTrace('save', () => sleep(10))
  res.send('done')
})

app.get('/computing', (_, res) => {
  // line: computing
  res.send(withTrace('render', () => compute(300)))
})

app.get('/orders/:id/items', (_, res) => {
  const found = []
  for (let order = 1; order <= 25; order++) {
    // The join makes this query about as slow as a query on a large table without an index.
    found.push(
      // line: n-plus-one
      db.prepare('SELECT count(*) FROM items a, (SELECT 1 UNION SELECT 2) b WHERE a.order_id = ?').get(order),
    )
  }
  res.json(found)
})

app.get('/small-repeats', (_, res) => {
  const find = db.prepare('SELECT title FROM items WHERE id = ?')
  const titles = []
  // line: small-repeats
  for (let id = 1; id <= 60; id++) titles.push(find.get(id))
  res.json(titles)
})

app.get('/slow-query', (_, res) => {
  const query = 'SELECT max(a.id * b.id) FROM items a JOIN items b ON b.id < 80 WHERE a.title LIKE ?'
  // line: slow-query
  res.json(db.prepare(query).get('%number%'))
})

app.get('/rows', (_, res) => {
  const query = 'SELECT a.id, a.title FROM items a JOIN items b ON b.id < 5'
  // line: rows
  const rows = db.prepare(query).all()
  res.json({ count: rows.length })
})

app.get('/two-hops', async (_, res) => void res.send(await ask(`${orders}/rated`)))
app.get('/failing', async (_, res) => void res.status(502).send(await ask(`${rates}/broken`)))
app.get('/parallel', async (_, res) => {
  const all = await Promise.all([1, 2, 3, 4].map(id => ask(`${rates}/slow?ms=300&id=${id}`)))
  res.send(all.join())
})
app.get('/timeout', async (_, res) => {
  const answer = fetch(`${rates}/hanging`, { signal: AbortSignal.timeout(300) })
  await answer.catch(() => undefined)
  res.send('without rates')
})
app.get('/far', async (_, res) => void res.send(await ask(`${farRates}/latest`)))
app.get('/body', async (_, res) => void res.send(await ask(untraced)))
app.get('/late', (_, res) => {
  res.send('accepted')
  // line: late
  void withTrace('send mail', () => sleep(300))
})
app.get('/exception', async () => {
  // line: exception
  await withTrace('charge card', async () => {
    throw new RangeError('card expired')
  })
})

app.get('/healthy', (_, res) => void res.send('hello'))
app.get('/healthy/dependent', async (_, res) => {
  const { id } = JSON.parse(await ask(`${orders}/newest-quick`))
  res.send(await ask(`${orders}/quick/${id}`))
})
app.get('/healthy/parallel', async (_, res) => {
  const all = await Promise.all([1, 2, 3, 4, 5].map(id => ask(`${rates}/latest?id=${id}`)))
  res.send(all.join())
})
app.get('/healthy/queries', (_, res) => {
  const order = db.prepare('SELECT order_id FROM items WHERE id = ?').get(7) as { order_id: number }
  res.json(db.prepare('SELECT title FROM items WHERE id BETWEEN ? AND 20').all(order.order_id))
})
app.get('/healthy/stream', async (_, res) => await writeSlowly(res, 5, 2))
app.get('/healthy/redirect', (_, res) => void res.redirect('/healthy'))
app.get('/healthy/unchanged', (_, res) => void res.sendStatus(304))
app.get('/healthy/empty', (_, res) => void res.sendStatus(204))
app.get('/healthy/json', (_, res) => void res.json(Array.from({ length: 2000 }, (_, id) => ({ id, title: 'A thing' }))))
app.post('/healthy/orders', (req, res) => void res.status(201).json(req.body))
const cache = new Map([['eur', 1]])
app.get('/healthy/cached', async (_, res) => void res.json(cache.get('eur')))
app.get('/healthy/hops', async (_, res) => void res.send(await ask(`${orders}/rated-quick`)))
app.get('/healthy/job', (_, res) => {
  res.send('accepted')
  void withTrace('count', () => sleep(2))
})
app.get('/healthy/steps', async (_, res) => {
  for (const step of ['load', 'check', 'render']) await withTrace(step, () => sleep(2))
  res.send('done')
})
app.get('/healthy/fastest', async (_, res) => {
  const fastest = await Promise.any([ask(`${rates}/latest`), ask(`${orders}/newest-quick`)])
  res.send(fastest)
})
app.use(osprofilerErrorHandler())

async function ask(url: string): Promise<string> {
  // line: ask
  return await (await fetch(url)).text()
}

async function writeSlowly(res: Response, chunks: number, ms: number): Promise<void> {
  for (let chunk = 1; chunk <= chunks; chunk++) {
    res.write('x'.repeat(1000))
    await sleep(ms)
  }
  res.end()
}

function load(url: string, options: object): Promise<string> {
  return new Promise((resolve, reject) => {
    // line: load
    const request = get(url.replace('127.0.0.1', 'localhost'), options, answer => {
      let text = ''
      answer.on('data', part => {
        text += part
      })
      answer.on('end', () => resolve(text))
    })
    request.on('error', reject)
  })
}

/** Resolves hosts as `dns.lookup` does, but later, like a name server that is far away. */
function slowLookup(ms: number) {
  return (_: string, options: object, found: (...results: never[]) => void) =>
    void setTimeout(() => lookup('127.0.0.1', options, found as never), ms)
}

function compute(ms: number): string {
  const end = performance.now() + ms
  let steps = 0
  while (performance.now() < end) steps++
  return `${steps} steps`
}

const server = app.listen(0, '127.0.0.1', () => {
  process.send?.({ url: `http://127.0.0.1:${(server.address() as { port: number }).port}` })
})
process.once('disconnect', () => {
  server.close(() => osprofiler.close())
  server.closeAllConnections()
})
