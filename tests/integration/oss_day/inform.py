"""One Inform, as somebody sends it who knows a user name and a password."""

import urllib.error
import urllib.request

_ENVELOPE = """<?xml version="1.0"?>
<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns:c="urn:dslforum-org:cwmp-1-2"
  xmlns:s="http://www.w3.org/2001/XMLSchema" xmlns:i="http://www.w3.org/2001/XMLSchema-instance"
  xmlns:a="http://schemas.xmlsoap.org/soap/encoding/">
<e:Header><c:ID e:mustUnderstand="1">1</c:ID></e:Header><e:Body><c:Inform>
<DeviceId><Manufacturer>Example</Manufacturer><OUI>00D09E</OUI><ProductClass>Gateway</ProductClass>
<SerialNumber>{serial}</SerialNumber></DeviceId>
<Event a:arrayType="c:EventStruct[1]"><EventStruct><EventCode>2 PERIODIC</EventCode><CommandKey/></EventStruct></Event>
<MaxEnvelopes>1</MaxEnvelopes><CurrentTime>2026-01-01T00:00:00Z</CurrentTime><RetryCount>0</RetryCount>
<ParameterList a:arrayType="c:ParameterValueStruct[1]"><ParameterValueStruct>
<Name>Device.DeviceInfo.SoftwareVersion</Name><Value i:type="s:string">1.4.2</Value>
</ParameterValueStruct></ParameterList></c:Inform></e:Body></e:Envelope>"""


def status_of_inform(port, username, password, serial):
    """What the ACS answers, after its challenge."""
    url = f"http://127.0.0.1:{port}/"
    passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
    passwords.add_password(None, url, username, password)
    opener = urllib.request.build_opener(urllib.request.HTTPDigestAuthHandler(passwords))
    request = urllib.request.Request(url, _ENVELOPE.format(serial=serial).encode(), {"Content-Type": "text/xml"})
    try:
        with opener.open(request, timeout=60) as answer:
            return answer.status
    except (urllib.error.HTTPError, ValueError) as error:
        # Challenged again after an answer that is wrong: urllib gives up.
        return getattr(error, "code", 401)
