"""The steps of jobs that no worker need hold, as Lua, each atomic: queued, stopped, tried again, taken from lost workers.

They keep the rules of queue/claim_scripts.py.
"""

from __future__ import annotations

from flowisectl.queue.script_parts import ATTEMPT, CLOCK, END, PACE_SECONDS, PUT_BACK, SLOT_MS, STOP_JOB, TRIM
from flowisectl.redis_connection import Script

ENQUEUE = Script(f"""
#!lua
-- Gives 1, or 0 when the job is there already, -1 when too many jobs wait, -2 when too many of its flow are live.
-- Of both limits 0 means none.
local P, id, request, flow, chat, chat_key, reply, max_waiting, max_of_flow, callback = unpack(ARGV)
{CLOCK}
local key = P .. 'job:' .. id
if redis.call('EXISTS', key) == 1 then return 0 end
if max_waiting ~= '0' then
  local waiting = redis.call('LLEN', P .. 'waiting') + redis.call('LLEN', P .. 'suspects')
  if waiting >= tonumber(max_waiting) then return -1 end
end
if max_of_flow ~= '0' then
  if redis.call('SCARD', P .. 'flow:' .. flow) >= tonumber(max_of_flow) then return -2 end
  redis.call('SADD', P .. 'flow:' .. flow, id)
  redis.call('HSET', key, 'limited', 1)
end
local place = redis.call('INCR', P .. 'sequence')
redis.call('HSET', key, 'state', 'queued', 'request', request, 'flow', flow, 'chat', chat, 'chat_key', chat_key,
  'reply', reply, 'accepted', now_ms(), 'sequence', place, 'attempts', 0)
if callback ~= '' then redis.call('HSET', key, 'callback', callback) end
redis.call('SADD', P .. 'chat:' .. chat_key, id)
redis.call('RPUSH', P .. 'waiting', id)
return 1
""")

REAP = Script(f"""
#!lua flags=allow-oom
-- Take the jobs of workers whose lease has ended, and trim what is kept. Gives the ids put back and the ids set aside.
local P, lease, max_attempts = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
{CLOCK}{END}{TRIM}{PUT_BACK}
local now = now_ms()
local last = tonumber(redis.call('GET', P .. 'tick') or '0')
redis.call('SET', P .. 'tick', now)
local slot = math.floor(now / {SLOT_MS})
if slot ~= math.floor(last / {SLOT_MS}) then
  -- How many jobs there had been when this slot of time began: the difference to later is what came in.
  redis.call('HSETNX', P .. 'pace:' .. slot, 'sequence', redis.call('GET', P .. 'sequence') or '0')
  redis.call('EXPIRE', P .. 'pace:' .. slot, {PACE_SECONDS})
end
trim(now, tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]))
redis.call('ZREMRANGEBYSCORE', P .. 'workers', '-inf', now - 60000)
if now - last > lease / 2 then
  -- Redis was away, or nobody looked: no worker could renew its lease, so each gets a whole one.
  for _, worker in ipairs(redis.call('ZRANGEBYSCORE', P .. 'leases', '-inf', now + lease)) do
    redis.call('ZADD', P .. 'leases', now + lease, worker)
  end
  return {{{{}}, {{}}}}
end
local back, items, dead = {{}}, {{}}, {{}}
local function take(id, attempts)
  back[#back + 1] = id
  if max_attempts > 1 and (attempts or 0) == max_attempts - 1 then
    redis.call('HSET', P .. 'job:' .. id, 'state', 'queued', 'suspect', 1)
    redis.call('RPUSH', P .. 'suspects', id)
  else
    items[#items + 1] = {{place_of(id), id}}
  end
end
for _, worker in ipairs(redis.call('ZRANGEBYSCORE', P .. 'leases', '-inf', now, 'LIMIT', 0, 100)) do
  for _, id in ipairs(redis.call('LRANGE', P .. 'landing:' .. worker, 0, -1)) do
    if is_queued(id) then take(id) end
  end
  for _, id in ipairs(redis.call('ZRANGE', P .. 'running:' .. worker, 0, -1)) do
    local f = redis.call('HMGET', P .. 'job:' .. id, 'attempts', 'stop')
    if f[2] then
      end_job(id, 'aborted', f[2], '', '', -1, now)
    elseif tonumber(f[1] or '0') >= max_attempts then
      end_job(id, 'dead', 'worker ' .. worker .. ' was lost while it ran this job (attempt ' .. f[1] .. ' of '
        .. max_attempts .. ', JOB_ATTEMPTS); it will not be started again', '', '', -1, now)
      dead[#dead + 1] = id
    else
      take(id, tonumber(f[1] or '0'))
    end
  end
  forget_worker(worker)
end
-- A worker that waited when its lease ended may have been given one id more.
for _, worker in ipairs(redis.call('ZRANGE', P .. 'workers', 0, -1)) do
  if not redis.call('ZSCORE', P .. 'leases', worker) then
    for _, id in ipairs(redis.call('LRANGE', P .. 'landing:' .. worker, 0, -1)) do
      if is_queued(id) then take(id) end
    end
    redis.call('DEL', P .. 'landing:' .. worker)
  end
end
put_back(items)
if #back > 0 then count('again', #back) end
tell_pace(now)
return {{back, dead}}
""")

STOP = Script(f"""
#!lua flags=allow-oom
-- Stop one job. Gives its state before, or nothing when there is no such job.
local P = ARGV[1]
{CLOCK}{END}{STOP_JOB}
local before = stop_job(ARGV[2], ARGV[3])
tell_pace(now_ms())
return before
""")

STOP_CHAT = Script(f"""
#!lua flags=allow-oom
-- Stop every live job of a chat. Gives how many there were.
local P = ARGV[1]
{CLOCK}{END}{STOP_JOB}
local ids = redis.call('SMEMBERS', P .. 'chat:' .. ARGV[2])
for _, id in ipairs(ids) do stop_job(id, ARGV[3]) end
tell_pace(now_ms())
return #ids
""")

RETRY = Script(f"""
#!lua
-- Queue an ended job again, as new. Gives its state before, or nothing when there is no such job.
local P, id = ARGV[1], ARGV[2]
{CLOCK}{ATTEMPT}
local key = P .. 'job:' .. id
local f = redis.call('HMGET', key, 'state', 'chat_key', 'runs')
if f[1] and f[1] ~= 'queued' and f[1] ~= 'running' then
  redis.call('ZREM', P .. 'done', id)
  redis.call('ZREM', P .. 'failed', id)
  redis.call('SREM', P .. 'dead', id)
  keep_attempt(key, f[3])
  redis.call('HDEL', key, 'error', 'result', 'trace', 'finished', 'started', 'events', 'stop', 'worker', 'suspect')
  redis.call('HSET', key, 'state', 'queued', 'attempts', 0, 'reply', '', 'accepted', now_ms(),
    'sequence', redis.call('INCR', P .. 'sequence'))
  redis.call('SADD', P .. 'chat:' .. f[2], id)
  redis.call('RPUSH', P .. 'waiting', id)
end
return f[1]
""")

ENDS = Script("""
#!lua flags=no-writes
-- What has become of jobs: state, runs, events and error of each; an empty state for one that is gone.
local P, out = ARGV[1], {}
for i = 2, #ARGV do
  local f = redis.call('HMGET', P .. 'job:' .. ARGV[i], 'state', 'runs', 'events', 'error')
  out[#out + 1] = {f[1] or '', f[2] or '0', f[3] or '-1', f[4] or ''}
end
return out
""")
