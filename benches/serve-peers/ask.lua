-- Asks for one customer's token over and over; counts every reply that is not 200, and every failed connection.
-- Prints requests a second, what went wrong, and the latency's median and 99th percentile in microseconds.

wrk.method = "POST"
wrk.path = "/stream-chat/token"
wrk.headers["Authorization"] = "Bearer " .. os.getenv("ASK_SESSION")
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{"customer_id": 123}'

local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init()
  wrong = 0
end

function response(status)
  if status ~= 200 then wrong = wrong + 1 end
end

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.timeout
  for _, thread in ipairs(threads) do failed = failed + thread:get("wrong") end
  local rate = summary.requests / summary.duration * 1e6
  print(string.format("RESULT %.1f %d %.0f %.0f", rate, failed, latency:percentile(50), latency:percentile(99)))
end
