import { type LogInsightStandIn, PASSWORD, USERNAME } from './loginsight.js'

/** Returns the connection string of a stand-in. The string makes the client trust the stand-in's certificate. */
export function toLoginsightUrl({ host, port, certificateFile }: LogInsightStandIn, at = { host, port }): string {
  return `loginsight://${USERNAME}:${encodeURIComponent(PASSWORD)}@${at.host}:${at.port}/?ca=${encodeURIComponent(certificateFile)}`
}
