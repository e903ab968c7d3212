export type { AmqpConnection, Connect } from './broker/connection.js'
export type { RabbitOptions } from './broker/rabbit-options.js'
export {
  createOsloClient,
  type OsloCallOptions,
  type OsloCastOptions,
  type OsloClient,
  type OsloClientOptions,
  type OsloTarget,
} from './client.js'
export { MessageUndeliverable, MessagingTimeout, RemoteError, type RemoteFailure } from './messages/errors.js'
export { createOsloServer, type OsloCall, type OsloServer, type OsloServerOptions } from './server.js'
export type { EndpointMethod, EndpointTarget } from './serving/endpoints.js'
export type { ReplyOptions } from './serving/replies.js'
