-- HAProxy asks Tandem, for haproxy.cfg beside it.
--
--   http-request lua.tandem -                    whoever is signed in
--   http-request lua.tandem role=editor,admin    whoever has one of the roles
--
-- Sets txn.tandem to "yes" if the request may go on. HAProxy goes on after an error in here: so nothing but
-- that variable lets a request through.

local TANDEM = "http://127.0.0.1:8080/api/auth/verify"

-- What Tandem judges by. All else stays here.
local JUDGED = { "authorization", "cookie", "origin", "sec-fetch-site", "x-request-id" }

local function ask(txn, query)
  local sent = {
    ["host"] = { txn.sf:req_fhdr("host") },
    ["x-original-method"] = { txn.sf:method() },
    ["x-forwarded-for"] = { txn.sf:src() },
  }
  local given = txn.http:req_get_headers()
  for _, name in ipairs(JUDGED) do
    if given[name] then
      sent[name] = {}
      -- Every line of it: of two, Tandem believes neither.
      for line = 0, #given[name] do table.insert(sent[name], given[name][line]) end
    end
  end
  local url = TANDEM
  if query ~= "-" then url = url .. "?" .. query end
  return core.httpclient():get({ url = url, headers = sent, timeout = 3000 })
end

local function refuse(txn, answer)
  local headers = { ["content-type"] = { "application/problem+json" }, ["cache-control"] = { "no-store" } }
  for _, name in ipairs({ "www-authenticate", "x-request-id" }) do
    if answer.headers[name] then headers[name] = { answer.headers[name][0] } end
  end
  txn:done(txn:reply({ status = answer.status, headers = headers, body = answer.body }))
end

core.register_action("tandem", { "http-req" }, function(txn, query)
  local answer = ask(txn, query)
  if answer.status == 200 then
    for _, name in ipairs({ "x-auth-subject", "x-auth-session", "x-auth-roles" }) do
      txn.http:req_set_header(name, answer.headers[name][0])
    end
    txn:set_var("txn.tandem", "yes")
  elseif answer.status == 401 or answer.status == 403 then
    refuse(txn, answer)
  end
end, 1)
