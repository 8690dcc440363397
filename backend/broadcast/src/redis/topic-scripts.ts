/**
 * What both scripts share. The log of a topic is three keys: `meta` (a hash of its epoch, offset and the last sequence
 * number of each writer), `data` (a list of the messages of a `log` topic, a hash of the values of a `latest` one) and
 * `order` (the offsets of those values). An entry is its time, id, instant and payload, one line each; an id is the
 * writer and its sequence number.
 */
const SHARED = `
local meta, data, order = KEYS[1], KEYS[2], KEYS[3]
local channel, mode, ttl = ARGV[1], ARGV[2], ARGV[3]
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local function text(number) return string.format('%.0f', number) end
local head = redis.call('HMGET', meta, 'epoch', 'offset', 'bytes', 'last', 'dropped')
local epoch, last = head[1], head[4] or ''
local offset, bytes, dropped = tonumber(head[2] or 0), tonumber(head[3] or 0), tonumber(head[5] or 0)
local function announce(from, count, parts)
  redis.call('PUBLISH', channel, table.concat({epoch, text(from), text(count), unpack(parts)}, '\\n'))
end
local function begin(fresh)
  epoch = fresh
  if mode == 'log' then
    redis.call('DEL', data)
    bytes = 0
  end
end
local function keep()
  redis.call('HSET', meta, 'epoch', epoch, 'offset', text(offset), 'bytes', text(bytes), 'last', last,
    'dropped', text(dropped))
  for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, ttl) end
end
if not epoch then
  epoch, offset, bytes, dropped, last = ARGV[4], 0, 0, 0, ''
  redis.call('DEL', data, order)
end
`;

/**
 * Appends, numbers and publishes messages. What a writer sends again because it never heard the answer is known by its
 * sequence number and not appended twice.
 */
export const APPEND = `${SHARED}
local fresh, writer = ARGV[5], 'w:' .. ARGV[6]
local count, most, age, keys = tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10])
local forgotten = ARGV[11]
local begun = fresh ~= '' and fresh ~= epoch
if begun then begin(fresh) end
local written = redis.call('HGET', meta, writer)
if not written then
  local fields = redis.call('HGETALL', meta)
  for i = 1, #fields, 2 do
    local at = string.sub(fields[i], 1, 2) == 'w:' and string.match(fields[i + 1], ':(%d+)$')
    if at and now - tonumber(at) > 600000 then redis.call('HDEL', meta, fields[i]) end
  end
end
local known = written and tonumber(string.match(written, '^%d+')) or 0
local from, parts = offset + 1, {}
for i = 12, #ARGV, 5 do
  local sequence, key, at, json, newer = tonumber(ARGV[i]), ARGV[i + 1], ARGV[i + 2], ARGV[i + 3], ARGV[i + 4]
  if sequence > known then
    known = sequence
    local old = newer == '1' and mode == 'latest' and redis.call('HGET', data, key)
    if not old or string.match(old, '^%d+\\n[^\\n]*\\n([^\\n]*)\\n') < at then
      offset = offset + 1
      last = ARGV[6] .. '.' .. text(sequence)
      if mode == 'log' then
        redis.call('RPUSH', data, text(now) .. '\\n' .. last .. '\\n' .. at .. '\\n' .. json)
        bytes = bytes + #json
      else
        redis.call('HSET', data, key, text(offset) .. '\\n' .. last .. '\\n' .. at .. '\\n' .. json)
        redis.call('ZADD', order, text(offset), key)
      end
      parts[#parts + 1] = last
      parts[#parts + 1] = at
      parts[#parts + 1] = key
      parts[#parts + 1] = json
    end
  end
end
if mode == 'log' then
  local length, first = redis.call('LLEN', data), redis.call('LINDEX', data, 0)
  while first do
    local start = string.match(first, '^%d+\\n[^\\n]*\\n[^\\n]*\\n()')
    if length <= count and bytes <= most and now - tonumber(string.match(first, '^%d+')) <= age then break end
    redis.call('LPOP', data)
    length, bytes = length - 1, bytes - (#first - start + 1)
    first = redis.call('LINDEX', data, 0)
  end
else
  while true do
    local oldest = redis.call('ZRANGE', order, 0, 0, 'WITHSCORES')
    if not oldest[1] then break end
    local value = redis.call('HGET', data, oldest[1]) or ''
    local at = string.match(value, '^%d+\\n[^\\n]*\\n([^\\n]*)\\n') or ''
    if redis.call('ZCARD', order) <= keys and at >= forgotten then break end
    redis.call('ZREM', order, oldest[1])
    redis.call('HDEL', data, oldest[1])
    dropped = tonumber(oldest[2])
  end
end
redis.call('HSET', meta, writer, text(known) .. ':' .. text(now))
keep()
if begun or #parts > 0 then announce(from, #parts / 4, parts) end
return {epoch, text(offset)}
`;

/**
 * Reads what came after a position that the reader knows, or all there is. A position that the log never had in this
 * form (a Redis that came back older than it was, or another one) begins a new epoch for everyone.
 */
export const READ = `${SHARED}
local fresh, mine, at, id, strict = ARGV[5], ARGV[6], tonumber(ARGV[7]), ARGV[8], ARGV[9] == '1'
local whole = true
if mine == epoch then
  local here
  if at == offset then here = last
  elseif at == 0 then here = ''
  elseif at < offset and mode == 'log' then
    local entry = redis.call('LINDEX', data, at - offset - 1)
    here = entry and string.match(entry, '^%d+\\n([^\\n]*)')
  elseif at < offset then
    local key = redis.call('ZRANGEBYSCORE', order, text(at), text(at))[1]
    here = key and string.match(redis.call('HGET', data, key) or '', '^%d+\\n([^\\n]*)')
  end
  if at > offset or (here and here ~= id) or (strict and not here) then
    begin(fresh)
    announce(offset + 1, 0, {})
  elseif mode == 'log' then whole = offset - at > redis.call('LLEN', data)
  else whole = at < dropped end
end
local entries = {}
if mode == 'log' then
  if whole then entries = redis.call('LRANGE', data, 0, -1)
  elseif at < offset then entries = redis.call('LRANGE', data, at - offset, -1) end
elseif whole then entries = redis.call('HGETALL', data)
else
  for _, key in ipairs(redis.call('ZRANGEBYSCORE', order, '(' .. text(at), '+inf')) do
    entries[#entries + 1] = key
    entries[#entries + 1] = redis.call('HGET', data, key)
  end
end
keep()
return {epoch, text(offset), last, text(dropped), text(now), whole and '1' or '0', entries}
`;
