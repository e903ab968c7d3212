#!/bin/sh
# sh curl.sh http://127.0.0.1:3000/orders/7
npx osprofiler sign "$1" | curl --silent --show-error --include --header @- "$1"
