// Drives one agent with usp-js: node drive.js BROKER_PORT AGENT CONTROLLER CONTROLLER_TOPIC
// Prints "subscribed" when a ValueChange may come, and "ok" at the end. Exits 1 on the first surprise.
const assert = require("assert");
const connect = require("usp-js").default;

const [port, agent, controller, topic] = process.argv.slice(2);
const ssid = "Device.WiFi.SSID.1.SSID";

async function main() {
  const usp = await connect({
    host: "127.0.0.1",
    port: Number(port),
    protocol: "mqtt",
    version: "1.2",
    fromId: controller,
    toId: agent,
    publishEndpoint: `usp/v1/agent/${agent}`,
    subscribeEndpoint: topic,
  });

  assert.strictEqual(await usp.get("Device.DeviceInfo.SoftwareVersion"), "1.4.2");
  assert.deepStrictEqual(await usp.get("Device.WiFi.SSID.*.SSID"), ["Home-1", "Home-2"]);
  await assert.rejects(async () => usp.get("Device.No.Such"));

  await usp.set("Device.WiFi.SSID.1.", { SSID: "from-js" });
  assert.strictEqual(await usp.get(ssid), "from-js");

  const row = await usp.add("Device.NAT.PortMapping.", { ExternalPort: "8081" });
  assert.strictEqual(row, "Device.NAT.PortMapping.2.");
  await usp.del(row);

  const told = new Promise((resolve) =>
    usp.on(/.*/, (message) => {
      if (JSON.stringify(message).includes("by-user")) resolve();
    })
  );
  await usp.add("Device.LocalAgent.Subscription.", {
    Enable: true,
    ID: "js",
    NotifType: "ValueChange",
    ReferenceList: ssid,
  });
  console.log("subscribed");
  await told;

  const [reboot] = await usp.operate("Device.Reboot()", { isAsync: false });
  await reboot();
  console.log("ok");
  process.exit(0);
}

setTimeout(() => {
  console.error("timed out");
  process.exit(1);
}, 30000);
main().catch((error) => {
  console.error(error);
  process.exit(1);
});
