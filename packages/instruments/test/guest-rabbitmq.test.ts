import { configure, setNotifier } from '@osprofiler/core'
import { type Channel, type ChannelModel, type ConfirmChannel, connect } from 'amqplib'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type SharedServer, shareRabbitmq } from '../../../test/servers/share.js'
import { type Call, notePromise, watchCall } from './guest-calls.js'
import { instrumented, undoInstruments } from './instrumented.js'
import { collect, inTrace, KEY } from './traced-calls.js'

const QUEUE = 'guest'

let rabbitmq: SharedServer
let connection: ChannelModel
let channel: Channel
let confirmed: ConfirmChannel
let unconfigure: () => void

beforeAll(async () => {
  rabbitmq = await shareRabbitmq()
  connection = await connect(rabbitmq.url)
})
afterAll(async () => {
  await connection.close()
  await rabbitmq.stop()
})
beforeEach(async () => {
  unconfigure = configure({ hmacKeys: KEY })
  await openChannels()
})
afterEach(async () => {
  undoInstruments()
  unconfigure()
  setNotifier(undefined)
  await closeChannels()
})

async function openChannels(): Promise<void> {
  channel = await connection.createChannel()
  confirmed = await connection.createConfirmChannel()
  await channel.assertQueue(QUEUE)
  await channel.purgeQueue(QUEUE)
}

async function closeChannels(): Promise<void> {
  await Promise.all([channel.close(), confirmed.close()])
}

const CALLS: Readonly<Record<string, Call>> = {
  'getting a message': async note => {
    channel.sendToQueue(QUEUE, Buffer.from('one'))
    await channel.checkQueue(QUEUE)
    await notePromise(channel.get(QUEUE, { noAck: true }), note)
    await notePromise(channel.get(QUEUE, { noAck: true }), note)
  },
  'publishing a message that is confirmed': async note => {
    const told = new Promise(resolve => {
      const returned = confirmed.sendToQueue(QUEUE, Buffer.from('one'), {}, (error: unknown) => {
        resolve(note(`confirmed ${error}`))
      })
      note(`returned ${returned}`)
    })
    await told
    await notePromise(confirmed.waitForConfirms(), note)
  },
  'consuming messages': async note => {
    const events = () => `${channel.eventNames().map(String)} ${channel.listenerCount('close')}`
    note(events())
    const texts = ['one', 'two']
    const sendNext = (): boolean => channel.sendToQueue(QUEUE, Buffer.from(texts.shift() ?? ''))
    await new Promise<void>(resolve => {
      void channel.consume(QUEUE, async message => {
        note(`in ${message?.content}`)
        await null
        note('out')
        if (message !== null) channel.ack(message)
        if (texts.length === 0) resolve()
        else sendNext()
      })
      sendNext()
    })
    note(events())
  },
}

describe.each(Object.keys(CALLS))('%s', name => {
  const call = CALLS[name] ?? (() => Promise.resolve())

  it.each(['untraced', 'traced'])('behaves the same with and without the instrument: %s', async how => {
    const plain = await watchCall(call)
    const records = collect()
    await closeChannels()
    await openChannels()
    instrumented(['amqplib'])

    const watched = how === 'traced' ? (await inTrace(() => watchCall(call))).result : await watchCall(call)

    expect(watched).toEqual(plain)
    // A point from an earlier test may stop only now, so only start records are checked.
    expect(records.some(record => record.name.endsWith('-start'))).toBe(how === 'traced')
  })
})
