import { type LogInsightStandIn, PASSWORD, USERNAME } from './loginsight.js'

/** The connection string of a stand-in, whose certificate it trusts. */
export function toLoginsightUrl({ host, port, certificateFile }: LogInsightStandIn, at = { host, port }): string {
  return `loginsight://${USERNAME}:${encodeURIComponent(PASSWORD)}@${at.host}:${at.port}/?ca=${encodeURIComponent(certificateFile)}`
}
