export { countPendingAccounts } from './analysis/counted-requests.js'
export { nearestRank } from './analysis/nearest-rank.js'
export { createFold, findTroubledBelow } from './analysis/repeats/fold-repeats.js'
export { coveredUs } from './analysis/self-time.js'
export { isWholeTrace } from './analysis/whole-trace.js'
export { joinChunks } from './json/join-chunks.js'
export { writeJson } from './json/write-json.js'
export { describeStored } from './listing/describe-trace.js'
export {
  type Account,
  CAUSE_KINDS,
  type Cause,
  type CauseKind,
  type RefusedAccount,
  type Stretch,
} from './tree/account.js'
export { groupBy } from './tree/group-by.js'
export { recordsOfPoint } from './tree/list-records.js'
export { holdsAccount, readAccounts } from './tree/read-account.js'
export { readCallSite } from './tree/read-call-site.js'
export { readNumber } from './tree/read-field.js'
export { readStatus } from './tree/read-record.js'
export { toPhrase } from './why/cause-words.js'
export { type AccountWords, describeAccounts, describeMissingAccounts } from './why/describe-accounts.js'
export { createOwnCauses, type OwnCauses } from './why/own-causes.js'
export { describeRowSite, formatCallSite } from './words/call-sites.js'
export { showText } from './words/escape-control.js'
export { formatCounted } from './words/format-duration.js'
export { leftOutSentence } from './words/left-out.js'
export { MARK_WORDS } from './words/mark-words.js'
export { isLayer } from './words/point-label.js'
