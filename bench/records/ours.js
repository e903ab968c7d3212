import { recordableInfo } from '../../packages/core/build/recording/recordable.js'
import { answerTimes } from '../answer.js'

let next = 1_000_000
const statement = { db: { statement: 'SELECT name FROM products WHERE id = $1', params: '42' } }
const request = () => ({
  request: { path: `/customers/${next++}/orders`, query: `page=${next++}&sort=asc`, method: 'GET', scheme: 'https' },
})
const call = () => ({ function: { name: 'shop.orders.charge', args: `[{"id":${next++},"name":"Bob"},42]` } })

/**
 * Creates an info of the maximum size, 64,000 characters, that repeats the text `unit`. The search for secrets has to
 * read every repetition.
 */
const largest = unit => {
  const members = Array.from({ length: 64 }, (_, index) => [`m${index}`, unit.repeat(Math.ceil(1_000 / unit.length))])
  return { a: Object.fromEntries(members) }
}
const infos = {
  prose: largest('The passenger waits. '),
  users: largest('://a:b'),
  ats: largest('://@/'),
  pairs: largest('token=x&'),
  json: largest('{"name":"token","value":"x"},'),
  escapes: largest('%40a=%3D'),
}

const often = make => async count => {
  for (let i = 0; i < count; i++) recordableInfo(make())
}

answerTimes({
  statement: often(() => statement),
  request: often(request),
  call: often(call),
  ...Object.fromEntries(Object.entries(infos).map(([name, info]) => [name, often(() => info)])),
})
