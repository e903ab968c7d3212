// A service and its callers over OpenStack's oslo.messaging, with RabbitMQ.

import { createOsloClient, createOsloServer } from '@osprofiler/rpc/oslo-messaging'
import { connect } from 'amqplib'

// These settings must be the same as in the section [oslo_messaging_rabbit] of the services.
const rabbit = { amqp_durable_queues: true, rabbit_quorum_queue: true }

class Orders {
  target = { version: '1.2' }
  #orders = new Map()

  async create(context, { id, item }) {
    this.#orders.set(id, { item, user: context.user })
    return this.#orders.size
  }

  forget(_context, { id }) {
    this.#orders.delete(id)
  }
}

export function serveOrders(url) {
  return createOsloServer(() => connect(url), { topic: 'orders', endpoints: new Orders(), ...rabbit })
}

export function openOrders(url) {
  const client = createOsloClient(() => connect(url), { topic: 'orders', version: '1.1', ...rabbit })
  return {
    // One of the topic's servers answers this call.
    create: (context, id, item) => client.call(context, 'create', { id, item }, { timeout: 5_000 }),
    // Each server of the topic gets this call.
    forget: (context, id) => client.cast(context, 'forget', { id }, { fanout: true }),
    close: () => client.close(),
  }
}
