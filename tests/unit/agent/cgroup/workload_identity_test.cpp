#include "agent/cgroup/workload_identity.h"

#include <string>

#include <gtest/gtest.h>

namespace foreshock::agent {
namespace {

const std::string kId = "4f1c9b1e0c7d8a6b5e3f2a1d0c9b8a7f6e5d4c3b2a190817263544536271809f";
const std::string kPod = "0f2d7a3c-1b5e-4c8d-9f6a-7e8b9c0d1a2b";
const std::string kPodInSlice = "0f2d7a3c_1b5e_4c8d_9f6a_7e8b9c0d1a2b";

struct Case {
  std::string path;
  std::string unit;
  std::string slice;
  std::string runtime;
  std::string id;
  std::string pod;
};

void expect(const Case& wanted) {
  const auto identity = parse_workload_identity(wanted.path);
  EXPECT_EQ(identity.cgroup, wanted.path);
  EXPECT_EQ(identity.unit, wanted.unit) << wanted.path;
  EXPECT_EQ(identity.slice, wanted.slice) << wanted.path;
  EXPECT_EQ(identity.container_runtime, wanted.runtime) << wanted.path;
  EXPECT_EQ(identity.container_id, wanted.id) << wanted.path;
  EXPECT_EQ(identity.pod, wanted.pod) << wanted.path;
}

TEST(WorkloadIdentity, of_systemd_is_unit_and_slice) {
  expect({"/", "", "", "", "", ""});
  expect({"", "", "", "", "", ""});
  expect({"/init.scope", "init.scope", "", "", "", ""});
  expect({"/system.slice", "", "system.slice", "", "", ""});
  expect({"/system.slice/nginx.service", "nginx.service", "system.slice", "", "", ""});
  expect({"/system.slice/system-getty.slice/getty@tty1.service", "getty@tty1.service",
          "system-getty.slice", "", "", ""});
  expect({"/system.slice/postgresql.service/backends", "postgresql.service", "system.slice", "", "",
          ""});
  expect({"/user.slice/user-1000.slice/session-3.scope", "session-3.scope", "user-1000.slice", "",
          "", ""});
  expect({"/user.slice/user-1000.slice/user@1000.service/init.scope", "init.scope",
          "user-1000.slice", "", "", ""});
  expect({"/user.slice/user-1000.slice/user@1000.service", "user@1000.service", "user-1000.slice",
          "", "", ""});
  expect({"/user.slice/user-1000.slice/user@1000.service/app.slice/app-firefox-42.scope",
          "app-firefox-42.scope", "app.slice", "", "", ""});
  expect({"/system.slice/run-u12.service", "run-u12.service", "system.slice", "", "", ""});
  expect({"/system.slice/var-lib-data.mount", "var-lib-data.mount", "system.slice", "", "", ""});
}

TEST(WorkloadIdentity, of_docker_is_its_id) {
  expect({"/system.slice/docker-" + kId + ".scope", "docker-" + kId + ".scope", "system.slice",
          "docker", kId, ""});
  expect({"/docker/" + kId, "", "", "docker", kId, ""});
  expect({"/docker/" + kId + "/system.slice/nginx.service", "", "", "docker", kId, ""});
  expect({"/my.slice/docker-" + kId + ".scope/init.scope", "docker-" + kId + ".scope", "my.slice",
          "docker", kId, ""});
  expect({"/user.slice/user-1000.slice/user@1000.service/app.slice/docker-" + kId + ".scope",
          "docker-" + kId + ".scope", "app.slice", "docker", kId, ""});
  expect({"/ecs/0a1b2c3d4e5f60718293a4b5c6d7e8f9/" + kId, "", "", "docker", kId, ""});
  const std::string task = "0a1b2c3d4e5f60718293a4b5c6d7e8f9-1234567890";
  expect({"/ecs/0a1b2c3d4e5f60718293a4b5c6d7e8f9/" + task, "", "", "docker", task, ""});
}

TEST(WorkloadIdentity, of_podman_is_its_id_and_its_monitor_is_none) {
  expect({"/machine.slice/libpod-" + kId + ".scope", "libpod-" + kId + ".scope", "machine.slice",
          "podman", kId, ""});
  expect({"/machine.slice/libpod-" + kId + ".scope/container", "libpod-" + kId + ".scope",
          "machine.slice", "podman", kId, ""});
  expect({"/machine.slice/libpod-conmon-" + kId + ".scope", "libpod-conmon-" + kId + ".scope",
          "machine.slice", "", "", ""});
  expect({"/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" + kId + ".scope",
          "libpod-" + kId + ".scope", "user.slice", "podman", kId, ""});
  expect({"/libpod_parent/libpod-" + kId, "", "", "podman", kId, ""});
  expect({"/libpod_parent/libpod-conmon-" + kId, "", "", "", "", ""});
  expect({"/machine.slice/machine-libpod_pod_" + kId + ".slice/libpod-" + kId + ".scope",
          "libpod-" + kId + ".scope", "machine-libpod_pod_" + kId + ".slice", "podman", kId, ""});
}

TEST(WorkloadIdentity, of_kubernetes_is_container_and_pod) {
  const std::string burstable = "kubepods-burstable-pod" + kPodInSlice + ".slice";
  expect({"/kubepods.slice/kubepods-burstable.slice/" + burstable + "/cri-containerd-" + kId +
              ".scope",
          "cri-containerd-" + kId + ".scope", burstable, "containerd", kId, kPod});
  expect({"/kubepods.slice/kubepods-burstable.slice/" + burstable + "/crio-" + kId + ".scope",
          "crio-" + kId + ".scope", burstable, "crio", kId, kPod});
  expect(
      {"/kubepods.slice/kubepods-burstable.slice/" + burstable + "/crio-conmon-" + kId + ".scope",
       "crio-conmon-" + kId + ".scope", burstable, "", "", kPod});
  expect({"/kubepods.slice/kubepods-burstable.slice/" + burstable + "/docker-" + kId + ".scope",
          "docker-" + kId + ".scope", burstable, "docker", kId, kPod});
  const std::string guaranteed = "kubepods-pod" + kPodInSlice + ".slice";
  expect({"/kubepods.slice/" + guaranteed + "/cri-containerd-" + kId + ".scope",
          "cri-containerd-" + kId + ".scope", guaranteed, "containerd", kId, kPod});
  expect({"/kubepods/besteffort/pod" + kPod + "/" + kId, "", "", "kubernetes", kId, kPod});
  expect({"/kubepods/pod" + kPod + "/" + kId, "", "", "kubernetes", kId, kPod});
  expect({"/system.slice/containerd.service/kubepods-burstable-pod" + kPodInSlice +
              ".slice:cri-containerd:" + kId,
          "containerd.service", "system.slice", "containerd", kId, ""});
  expect({"/kubepods.slice/kubepods-burstable.slice/" + burstable, "", burstable, "", "", kPod});
}

TEST(WorkloadIdentity, of_containerd_alone_is_its_id) {
  expect({"/default/" + kId, "", "", "containerd", kId, ""});
  expect({"/system.slice/nerdctl-" + kId + ".scope", "nerdctl-" + kId + ".scope", "system.slice",
          "containerd", kId, ""});
}

TEST(WorkloadIdentity, of_lxc_is_its_name_and_its_monitor_is_none) {
  expect({"/lxc.payload.web", "", "", "lxc", "web", ""});
  expect({"/lxc.payload.web/system.slice/nginx.service", "", "", "lxc", "web", ""});
  expect({"/lxc.payload/web", "", "", "lxc", "web", ""});
  expect({"/lxc/web", "", "", "lxc", "web", ""});
  expect({"/lxc/web/init.scope", "", "", "lxc", "web", ""});
  expect({"/lxc.monitor.web", "", "", "", "", ""});
  expect({"/lxc", "", "", "", "", ""});
  EXPECT_EQ(parse_workload_identity("/lxc.payload.web").container_name, "web");
}

TEST(WorkloadIdentity, of_machines_is_their_name) {
  expect({"/machine.slice/systemd-nspawn@deb12.service/payload", "systemd-nspawn@deb12.service",
          "machine.slice", "nspawn", "deb12", ""});
  expect({"/machine.slice/machine-deb\\x2d12.scope", "machine-deb\\x2d12.scope", "machine.slice",
          "nspawn", "deb-12", ""});
  expect({"/machine.slice/machine-qemu\\x2d1\\x2ddb\\x2d2.scope/libvirt/emulator",
          "machine-qemu\\x2d1\\x2ddb\\x2d2.scope", "machine.slice", "qemu", "db-2", ""});
  expect({"/machine/qemu-1-db.libvirt-qemu", "", "", "qemu", "db", ""});
}

TEST(WorkloadIdentity, is_not_guessed_where_the_path_only_looks_alike) {
  expect({"/docker/buildkit", "", "", "", "", ""});
  expect({"/system.slice/docker.service", "docker.service", "system.slice", "", "", ""});
  expect({"/a/b/" + kId, "", "", "", "", ""});
  expect({"/system.slice/docker-short.scope", "docker-short.scope", "system.slice", "", "", ""});
  expect({"/.service", "", "", "", "", ""});
  expect({"/machine-", "", "", "", "", ""});
  expect({"/kubepods-pod.slice", "", "kubepods-pod.slice", "", "", ""});
  expect({"/x:cri-containerd:y", "", "", "", "", ""});
}

}  // namespace
}  // namespace foreshock::agent
