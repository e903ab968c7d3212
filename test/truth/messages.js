import { takeSteps } from './steps.js'
import { beginStep, endStep, now } from './truth.js'

const EXCHANGE = 'truth'
const QUEUE = 'truth'

/** Opens a channel with confirmations, and starts a consumer that executes the steps of each message. */
export async function openMessages(connection, inbox) {
  const channel = await connection.createConfirmChannel()
  await channel.assertExchange(EXCHANGE, 'topic')
  await channel.assertQueue(QUEUE)
  await channel.bindQueue(QUEUE, EXCHANGE, '#')
  await channel.prefetch(20)
  await channel.consume(QUEUE, message => {
    const { step, parent, request, world, received } = inbox.get(message.fields.routingKey)
    inbox.delete(message.fields.routingKey)
    const truth = beginStep(request.truth, parent, `consume ${step.n}`)
    truth.startedAfter = parent.startedAfter
    return takeSteps(step.steps, truth, request, world).then(() => {
      channel.ack(message)
      truth.endedAfter = now()
      // The point of the message ends only after this function has returned.
      setImmediate(() => {
        endStep(truth)
        received()
      })
    })
  })
  return channel
}

/** Publishes a message, and resolves when the broker has confirmed it. The consumer executes the message's steps. */
export async function publish(step, parent, request, world) {
  const key = `n.${step.n}`
  const truth = beginStep(request.truth, parent, `publish ${step.n}`)
  const consumed = new Promise(received => {
    world.inbox.set(key, { step, parent: truth, request, world, received })
  })
  request.going.push(consumed)
  await new Promise((resolve, reject) => {
    world.channel.publish(EXCHANGE, key, Buffer.from('order'), {}, error => (error ? reject(error) : resolve()))
  })
  endStep(truth)
}
