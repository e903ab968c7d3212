import { decodeURIComponent, Map, Object, Set } from '@osprofiler/core/toolkit'

const API_WORD = /^_[a-z_]{1,40}$/

/** For each sequence of API words, lists the words that may follow. */
const NEXT_API_WORDS = new Map(
  Object.entries({
    _async_search: 'status',
    _cat: 'aliases allocation cluster_manager component_templates count fielddata health indices master nodeattrs nodes pending_tasks plugins recovery repositories segment_replication segments shards snapshots tasks templates thread_pool transforms',
    _ccr: 'auto_follow stats',
    _cluster: 'allocation health pending_tasks reroute settings state stats voting_config_exclusions',
    '_cluster/allocation': 'explain',
    _connector: '_search _sync_job',
    _data_stream: '_migrate _modify _promote _stats',
    _enrich: 'policy _stats',
    _eql: 'search',
    '_eql/search': 'status',
    _features: '_reset',
    _ilm: 'migrate_to_data_tiers move policy start status stop',
    _index_template: '_simulate _simulate_index',
    _ingest: 'geoip pipeline processor',
    '_ingest/pipeline': '_simulate',
    '_ingest/processor': 'grok',
    _license: 'basic_status start_basic start_trial trial_status',
    _migration: 'deprecations system_features',
    _ml: 'anomaly_detectors calendars data_frame datafeeds filters info set_upgrade_mode trained_models',
    _msearch: 'template',
    _nodes: 'hot_threads info reload_secure_settings shutdown stats usage',
    _plugins:
      '_alerting _anomaly_detection _asynchronous_search _flow_framework _ism _knn _ml _notifications _ppl _query _replication _reports _rollup _search_relevance _security _security_analytics _sm _sql _transform',
    '_plugins/_asynchronous_search': 'stats',
    '_plugins/_ism': 'add change_policy explain policies remove retry',
    '_plugins/_ppl': '_explain stats',
    '_plugins/_security': 'api authinfo health',
    '_plugins/_security/api':
      'account actiongroups audit authtoken cache internalusers nodesdn roles rolesmapping securityconfig ssl tenants user',
    '_plugins/_sql': '_explain close stats',
    _query: 'async',
    _render: 'template',
    _scripts: 'painless',
    '_scripts/painless': '_execute',
    _search: 'pipeline point_in_time scroll template',
    '_search/point_in_time': '_all',
    _security:
      'api_key _authenticate cross_cluster delegate_pki enroll oauth2 oidc privilege profile role role_mapping saml service settings user',
    '_security/api_key': '_bulk_update _clear_cache grant',
    '_security/oauth2': 'token',
    '_security/user': '_has_privileges _password _privileges',
    _slm: 'policy start stats status stop',
    _snapshot: '_status',
    _sql: 'async close translate',
    '_sql/async': 'delete status',
    _tasks: '_cancel',
    _transform: '_node_stats',
    _validate: 'query',
    _watcher: '_query _start stats _stop watch',
    _xpack: 'usage',
  }),
)

/** API words that may follow a name. The name itself is hidden. */
const WORDS_AFTER_NAME = new Set(
  '_ack _activate _analyze _block _cancel _cleanup _clone _close _create _deactivate _delete _disable _enable _execute _explain _flush _infer _mount _open _password _preview _reset _restore _rollover _schedule_now _search _shrink _simulate _source _start _stats _status _stop _update _verify'.split(
    ' ',
  ),
)

/** API words that are followed by a document id, even if the id looks like an API word. */
const WORDS_BEFORE_DOCUMENT_ID = new Set(['_create', '_doc', '_explain', '_source', '_termvectors', '_update'])

/** Returns a path that shows only indices and API words. Its other parts may be ids, user names or search handles. */
export function hideIds(path: string): string {
  const parts = path.split('/').slice(1)
  const [first = ''] = parts
  const start = first.startsWith('_') && first !== '_all' ? 0 : 1
  let previousWords = ''
  const shown = parts.map((part, at) => {
    if (at < start || part === '') return decode(part)
    const isWord = at === start ? API_WORD.test(part) : isApiWord(previousWords, part, parts[at - 1])
    if (!isWord) return '?'
    previousWords = previousWords === '' ? part : `${previousWords}/${part}`
    return part
  })
  return `/${shown.join('/')}`
}

function isApiWord(words: string, part: string, previous: string | undefined): boolean {
  if (NEXT_API_WORDS.get(words)?.split(' ').includes(part)) return true
  return WORDS_AFTER_NAME.has(part) && !WORDS_BEFORE_DOCUMENT_ID.has(previous ?? '')
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
