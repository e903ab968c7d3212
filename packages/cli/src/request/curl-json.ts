/** The advice for users who write `--json BODY`, as in curl 7.82 and later. */
export const CURL_JSON =
  "Here, --json prints the trace as JSON, as in `trace show`. Instead of curl's --json BODY, use -d BODY -H 'Content-Type: application/json'."
