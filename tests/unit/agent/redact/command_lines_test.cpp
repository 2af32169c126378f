// How often the redactor errs on command lines of real tools: secrets it misses, innocent text it
// removes.
//
// Words are separated by spaces; backquotes hold a word with spaces together; {{ }} marks a secret.
// The secrets are made up.

#include <algorithm>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "agent/redact/redactor.h"

namespace foreshock::agent {
namespace {

constexpr std::string_view kWithSecrets[] = {
    // options by name
    "app --password={{hunter2}}",
    "app --password {{hunter2}} --verbose",
    "app -password {{hunter2}}",
    "app --db-password={{correct horse}}",
    "app --token={{abc123}} --port=80",
    "app --api-key {{0000-1111}}",
    "app --apiKey={{k9}}",
    "app --client-secret={{s3cr3t/with/slashes=}}",
    "app --passphrase {{`open sesame`}} file",
    "app --auth-token={{t0ken}}",
    "java -jar app.jar --spring.datasource.password={{pw}}",
    "java -Djavax.net.ssl.keyStorePassword={{changeit}} -jar app.jar",
    "keytool -list -keystore /etc/ks.jks -storepass {{changeit}}",
    "keytool -genkey -keypass {{changeme}} -alias a",
    "gpg --batch --passphrase {{tiger}} -d backup.gpg",
    "aws configure set aws_secret_access_key {{wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY}}",
    "aws rds modify-db-instance --master-user-password {{Tr0ub4dor}} --db-instance-identifier db1",
    "az login --service-principal -u app -p {{azsecret1}} --tenant t",
    "az sql server create --admin-password {{P@ssw0rd!}}",
    "gcloud sql users set-password root --password={{abc}}",
    "kubectl --token={{k8s-abc.def}} get pods",
    "kubectl create secret generic db --from-literal=password={{hunter2}}",
    "kubectl create secret generic db --from-literal=conn={{whatever}} -n prod",
    "kubectl config set-credentials admin --password={{pw1234}}",
    "helm upgrade app ./chart --set auth.password={{hunter2}},replicas=3",
    "helm install app chart --set global.apiToken={{zzz}}",
    "ansible-playbook site.yml -e ansible_password={{pw}}",
    "ansible-playbook site.yml --extra-vars `db_password={{pw}} user=app`",
    "terraform apply -var db_password={{hunter2}} -auto-approve",
    "vault login {{hvs.CAESIJ2x}}",
    "vault login -no-store {{s.abcdefghijklmn}}",
    "vault kv put secret/app password={{hunter2}}",
    "npm config set //registry.npmjs.org/:_authToken {{11111111-2222-3333-4444-555555555555}}",
    "npm publish --otp={{123456}}",
    "git config --global github.token {{abcdef}}",
    "svn co --username me --password {{pw}} https://svn.example.org/r",
    "wget --user=me --password={{pw}} https://example.org/f",
    "wget --http-password={{pw}} https://example.org/f",
    "restic backup --password-command x --repo-password {{pw}} /home",
    "influx -host db -username root -password {{pw}} -execute `SHOW DATABASES`",
    "clickhouse-client --host db --password {{pw}} --query `SELECT 1`",
    "jq --arg token {{abc123}} .x",
    // tools' own short options
    "mysql -u root -p{{hunter2}} shop",
    "/usr/bin/mysqldump --single-transaction -uroot -p{{hunter2}} shop",
    "sudo mysqladmin -p{{pw}} status",
    "mysql --user=root --password={{hunter2}} shop",
    "mysqldump --password={{pw}} --all-databases",
    "sshpass -p {{pw}} ssh -p 2222 admin@h",
    "env A_TOKEN={{abc,d=e f}} app",
    "docker exec db mysql -p{{pw}} -e `SHOW TABLES`",
    "mysqladmin -u root password {{newpw}}",
    "mariadb -h db -p{{pw}}",
    "sshpass -p {{hunter2}} ssh admin@10.0.0.1",
    "sshpass -p{{hunter2}} scp f admin@h:",
    "redis-cli -h cache -a {{foobared}} PING",
    "mongosh --username admin -p {{pw}} mongodb",
    "mongodump -u admin -p {{pw}} --out /backup",
    "docker login -u me -p {{pw}} registry.example.org",
    "podman login --username me --password {{pw}} quay.io",
    "helm registry login -u me -p {{pw}} ghcr.io",
    "curl -u admin:{{pw}} https://example.org/api",
    "curl -uadmin:{{pw}} https://example.org/api",
    "curl --user admin:{{p:w}} -X POST https://example.org",
    "curl --proxy-user me:{{pw}} -x proxy:3128 https://example.org",
    "curl -b session={{abcdef0123}} https://example.org",
    "http -a me:{{pw}} GET example.org",
    "ldapsearch -x -D cn=admin -w {{pw}} -b dc=example",
    "smbclient //server/share -U user%{{pw}}",
    "sqlcmd -S tcp:db -U sa -P {{pw}} -Q `SELECT 1`",
    "ipmitool -I lanplus -H bmc -U admin -P {{pw}} power status",
    "mosquitto_pub -h mq -u dev -P {{pw}} -t a -m b",
    "zip -r -P {{pw}} out.zip dir",
    "unzip -P {{pw}} out.zip",
    "7z a -p{{pw}} out.7z dir",
    "snmpwalk -v2c -c {{private1}} 10.0.0.1",
    "xfreerdp /u:me /p:{{pw}} /v:host",
    "lftp -u me,{{pw}} ftp://example.org",
    "useradd -m -p {{$6$salt$hash}} bob",
    "htpasswd -nb admin {{pw}}",
    "htpasswd -cb /etc/htpasswd admin {{pw}}",
    "rabbitmqctl add_user app {{pw}}",
    "nmcli dev wifi connect Home password {{wifipass}}",
    "wpa_passphrase Home {{wifipass}}",
    "openssl enc -aes-256-cbc -in a -out b -k {{pw}}",
    "openssl pkcs12 -in a.p12 -passin pass:{{pw}} -passout pass:{{pw2}}",
    "openssl rsa -in k.pem -passin pass:{{hunter2}}",
    // headers, URLs
    "curl -H `Authorization: Bearer {{abc.def}}` https://example.org",
    "curl -H `authorization: Basic {{YWRtaW46cHc=}}` https://example.org",
    "curl -H `X-Api-Key: {{abc}}` https://example.org",
    "curl --header=X-Vault-Token:{{abc}} https://example.org",
    "curl -H `Cookie: {{sid=abc; theme=dark}}` https://example.org",
    "curl -H `PRIVATE-TOKEN: {{abc}}` https://gitlab.example.org/api/v4/projects",
    "git clone https://me:{{pw}}@example.org/r.git",
    "git clone https://{{ghp_0123456789abcdefghijABCDEFGHIJ012345}}@github.com/o/r.git",
    "psql postgresql://app:{{pw}}@db:5432/shop",
    "psql `host=db user=app password={{pw}} dbname=shop`",
    "pg_dump postgres://app:{{p/w?d}}@db/shop",
    "celery -b amqp://guest:{{pw}}@mq// worker",
    "redis-cli -u redis://:{{pw}}@cache:6379",
    "rsync -a . rsync://u:{{pw}}@host/mod",
    "curl https://example.org/x?token={{abcd}}&page=2",
    "curl https://maps.example.org/api?api_key={{abcd}}#top",
    "curl -X POST https://hooks.slack.com/services/{{T00/B00/XXXX}} -d hi",
    "sqlalchemy-migrate mysql+pymysql://root:{{pw}}@127.0.0.1/db",
    // environment and fields
    "env PGPASSWORD={{pw}} pg_dump shop",
    "env MYSQL_PWD={{pw}} mysql",
    "docker run -e POSTGRES_PASSWORD={{pw}} postgres:15",
    "docker run --env=GITHUB_TOKEN={{abc}} image",
    "env AWS_SECRET_ACCESS_KEY={{wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY}} aws s3 ls",
    "env SECRET_KEY_BASE={{deadbeefdeadbeef}} rails s",
    "systemd-run --setenv=API_KEY={{abc-1}} /opt/run",
    "env DATABASE_URL=postgres://u:{{pw}}@db/x ./app",
    "mount -t cifs //s/x /mnt -o username=me,password={{pw}},uid=1000",
    "curl -d {\"user\":\"me\",\"password\":\"{{pw}}\"} https://example.org/login",
    "curl --data `{\"user\": \"me\", \"client_secret\": \"{{pw}}\"}` https://example.org/login",
    "curl -d username=me&password={{pw}} https://example.org/login",
    "dotnet App.dll --ConnectionStrings:Db `Server=db;User Id=sa;Password={{pw}};Encrypt=true`",
    // SQL and scripts
    "psql -c `ALTER USER app PASSWORD '{{pw}}'`",
    "mysql -e `CREATE USER a IDENTIFIED BY '{{pw}}'`",
    "bash -c `mysql -u root -p{{pw}} shop < dump.sql`",
    "sh -c `PGPASSWORD='{{pw}}' psql -h db`",
    "bash -lc `cd /srv && curl -u me:{{pw}} https://x/y | tar xz`",
    "ssh db1 `mysql --password={{pw}} -e 'show tables'`",
    "su - app -c `app --token {{abc}} run`",
    "sh -c `curl -H 'Authorization: Bearer {{abc}}' https://x/y`",
    "sh -c `ssh h 'redis-cli -a {{pw}} PING'`",
    "sh -c `export API_TOKEN={{abc}}; run`",
    "watch -n 5 `mysqladmin -p{{pw}} status`",
    "python3 -c `connect(host='db', password='{{pw}}')`",
    // known tokens and random text
    "gh auth login {{ghp_0123456789abcdefghijABCDEFGHIJ012345}}",
    "x {{github_pat_11ABCDEFG0abcdefghijkl_mnopqrstuvwxyz}}",
    "x {{glpat-ABCdef123456_7890xyz}}",
    "x {{xoxb-123456789012-abcdefABCDEF}}",
    "aws-vault add {{AKIAIOSFODNN7EXAMPLE}}",
    "x {{AIzaSyA1234567890abcdefghijklmnopqrstuv}}",
    "llm --use {{sk-proj-abcdefghij0123456789ABCDEFG}}",
    "x {{sk-ant-api03-abcdefghij0123456789ABCD}}",
    "x {{hf_abcdefghijABCDEFGHIJabcdefghij0123}}",
    "x {{npm_abcdefghijABCDEFGHIJ0123456789abcdef}}",
    "docker-login {{dckr_pat_abcdefghijABCDEFGHIJ01234}}",
    "stripe listen {{sk_live_51Habcdefghij}}",
    "x {{eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dBjftJeZ4CVPmB92K27uhbUJU1p1r}}",
    "deploy key={{zJ8fK2pQ9xV5mN3bT7wR}}",
    "deploy {{q7Zt0Lx3Vb9NcR5mKp2WsYh8}}",
    "deploy id:{{Gx93kQzLw02mVbTn7RyPc4Ds}}:prod",
    "deploy `{{-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----}}`",
};

constexpr std::string_view kWithoutSecrets[] = {
    "ls -la /var/log",
    "ps aux",
    "grep -rn password /etc/nginx",
    "grep -i token= access.log",
    "find / -name *.key -type f",
    "cat /etc/shadow",
    "tar -czpf backup.tar.gz /home",
    "mkdir -p /srv/app/releases/20240102030405",
    "cp -p a b",
    "rsync -avz --delete --password-file=/etc/rsync.pass src/ host::mod",
    "mysql --defaults-extra-file=/root/.my.cnf -h db -P 3306 shop",
    "mysql -u root -p shop",
    "mysql -u root --password shop",
    "mysqldump --single-transaction --routines shop",
    "psql -h db -p 5432 -U app -d shop",
    "psql --password shop",
    "pg_dump -Fc -h db -p 5432 shop",
    "docker run -p 8080:80 -u 1000:1000 nginx:1.25",
    "docker login -u me --password-stdin registry.example.org",
    "docker exec -it 4f5e6d7c8b9a0123456789abcdef0123456789abcdef0123456789abcdef0123 sh",
    "docker pull nginx@sha256:0d17b565c37bcbd895e9d92315a05c1c3c9a29f762b011a10c54a66cd53c9b31",
    "docker run --name pg -v /run/secrets:/run/secrets:ro postgres:15",
    "docker build --secret id=npm,src=/root/.npmrc -t app:1 .",
    "podman run --secret dbpass,type=mount alpine",
    "containerd-shim-runc-v2 -namespace moby -id "
    "9c1f0b7e2d3a4c5b6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5",
    "runc --root /run/docker/runtime-runc/moby --log /run/x/log.json init",
    "kubectl get secret db -o yaml",
    "kubectl create secret generic db --from-file=password=/run/pw",
    "kubectl logs web-7d4b9c6f5d-x2x8z -c app --tail=100",
    "kubelet --bootstrap-kubeconfig=/etc/k/bootstrap --kubeconfig=/etc/k/kubelet.conf",
    "kube-apiserver --token-auth-file=/etc/k/tokens --service-account-key-file=/etc/k/sa.pub",
    "helm upgrade app ./chart --set replicas=3,image.tag=v1.2.3",
    "terraform plan -var-file=prod.tfvars -out=plan",
    "ansible-playbook site.yml --ask-vault-pass",
    "ansible-playbook site.yml --vault-password-file ~/.vault",
    "git commit -m `Fix the token refresh`",
    "git commit -m `Add --password option to mysql -p`",
    "git checkout 7f3e9c1a2b4d5e6f708192a3b4c5d6e7f8091a2b",
    "git clone git@github.com:o/r.git",
    "git clone https://github.com/o/r.git",
    "git clone ssh://git@example.org:2222/o/r.git",
    "git rebase --onto main feature/LoadBalancerV2TargetGroup4Arn",
    "git config --global user.email me@example.org",
    "git config --get credential.helper",
    "gh auth login --with-token",
    "gpg --batch --passphrase-file /root/pp -d f.gpg",
    "gpg --recv-keys 0x1234567890ABCDEF1234567890ABCDEF12345678",
    "ssh -i ~/.ssh/id_ed25519 -p 2222 admin@10.0.0.1",
    "ssh -o PasswordAuthentication=no host uptime",
    "ssh-keygen -t ed25519 -f key -C me@host",
    "ssh-keygen -lf key.pub",
    "sshpass -f /root/pw ssh h",
    "sshpass -e ssh h",
    "scp -P 2222 f h:/tmp",
    "openssl x509 -in cert.pem -noout -enddate",
    "openssl s_client -connect example.org:443",
    "openssl pkcs12 -in a.p12 -passin env:PW -passout file:/root/pw",
    "openssl rand -hex 32",
    "curl -fsSL https://example.org/install.sh",
    "curl -u admin https://example.org",
    "curl -H `Accept: application/json` https://example.org",
    "curl -H Content-Type:application/json -d {\"user\":\"me\"} https://example.org",
    "curl -b cookies.txt -c cookies.txt https://example.org",
    "curl https://example.org/search?q=password&page=2",
    "curl http://user@example.org/",
    "wget --no-check-certificate https://example.org/f.tar.gz",
    "java -Xmx512m -Djava.io.tmpdir=/tmp -jar /opt/app.jar --server.port=8080",
    "java -cp a.jar:b.jar org.apache.hadoop.hdfs.server.namenode.NameNode",
    "java -XX:+UseG1GC -XX:MaxRAMPercentage=75 -jar x.jar",
    "python3 train.py --epochs 12 --max-tokens 4096 --tokenizer gpt2",
    "python3 -m vllm.entrypoints --max-num-batched-tokens=8192",
    "python3 -c `import sys; print(sys.version)`",
    "node server.js --port=3000 --inspect=0.0.0.0:9229",
    "npm ci --prefer-offline --no-audit",
    "npm install left-pad@1.3.0",
    "gcc -DFOO_BAR=1 -O2 -c src/very_long_file_name_for_testing.c -o "
    "build/obj/very_long_file_name_for_testing.o",
    "/usr/lib/gcc/x86_64-linux-gnu/12/cc1 -quiet -imultiarch x86_64-linux-gnu a.c -o "
    "/tmp/ccAb12Cd.s",
    "ld -plugin /usr/libexec/gcc/liblto_plugin.so -z relro --hash-style=gnu",
    "cmake -S . -B build -DCMAKE_BUILD_TYPE=RelWithDebInfo",
    "ctest -R FileSpool.keeps_unacked_records_after_restart2",
    "make -j8 PASS=2 test",
    "ffmpeg -i in.mp4 -pass 1 -passlogfile log -an -f null -",
    "sort -k 2,2 --key=3n file",
    "awk -F: {print$1} /etc/passwd",
    "sed -i s/password=.*/password=/ conf",
    "systemctl restart mysql",
    "systemd-run --unit=job-1a2b --property=MemoryMax=1G /opt/run",
    "journalctl -u app --since=2024-01-02 _BOOT_ID=0f1e2d3c4b5a69788796a5b4c3d2e1f0",
    "mount UUID=0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9 /mnt",
    "blkid -U 0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9",
    "env PWD=/home/me OLDPWD=/srv LANG=C.UTF-8 make",
    "env SSH_AUTH_SOCK=/run/user/1000/agent.sock ssh h",
    "env TOKENIZERS_PARALLELISM=false python3 x.py",
    "env AWS_PROFILE=prod AWS_REGION=eu-west-1 aws s3 ls",
    "aws s3 cp s3://my-bucket/backups/2024-01-02/db.dump.gz .",
    "aws ec2 describe-instances --instance-ids i-0123456789abcdef0",
    "aws secretsmanager get-secret-value --secret-id prod/db",
    "apt-get install -y openssl libpam-pwquality",
    "passwd --expire bob",
    "useradd -m -s /bin/bash bob",
    "htpasswd -c /etc/htpasswd admin",
    "redis-server *:6379",
    "redis-cli -h cache -p 6379 INFO",
    "postgres -D /var/lib/postgresql/15/main -c "
    "config_file=/etc/postgresql/15/main/postgresql.conf",
    "nginx -g `daemon off;`",
    "sh -c `mysql -p$MYSQL_PWD -e 'show tables'`",
    "sh -c `curl -H \"Authorization: Bearer $TOKEN\" https://x/y`",
    "sh -c `export TOKEN=$(cat /run/token); run`",
    "bash -c `for f in *.log; do gzip $f; done`",
    "sh -c `cd /srv && ./deploy.sh --env prod`",
    "ssh db1 `sudo systemctl restart app`",
    "qemu-system-x86_64 -uuid 0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9 -drive "
    "file=/var/lib/vm.qcow2,if=virtio",
    "chrome --type=renderer --field-trial-handle=1718379636504,17391234,262144 --lang=en-US",
    "/usr/lib/firefox/firefox -contentproc -childID 5 -isForBrowser -prefsLen 31234 "
    "{0a1b2c3d-4e5f-6071}",
    "/nix/store/5zkb9wq3yl2a0f7x8d1c6v4n-coreutils-9.1/bin/ls",
    "/home/me/.cache/bazel/_bazel_me/install/0f1e2d3c4b5a69788796a5b4c3d2e1f0/A-server.jar",
    "sha256sum 9c1f0b7e2d3a4c5b6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5.img",
    "unattended-upgrade-shutdown --wait-for-signal",
    "vault read -field=value secret/app",
    "vault login -method=oidc",
    "kinit -kt /etc/krb5.keytab host/db.example.org",
    "x509-check --key-size=4096 --key-type rsa --secret-name db-tls",
    "app --token-ttl=1h --password-policy=strict --auth-method=ldap --no-password",
    "app --cache-key=node-modules-v12 --primary-key=id --sort-key created_at",
    "smbclient -L server -U guest",
    "snmpwalk -v2c 10.0.0.1",
    "zip -r out.zip dir",
    "ipmitool sensor list",
};

/// Splits a row into words; with `take_marks` the {{ and }} go and what is between them stays or is
/// replaced.
std::vector<std::string> words_of(std::string_view row, std::string_view replacement = "") {
  std::vector<std::string> words(1);
  bool together = false;
  for (std::size_t i = 0; i < row.size(); ++i) {
    const auto rest = row.substr(i);
    if (rest.starts_with("{{")) {
      const auto secret = rest.substr(2, rest.find("}}") - 2);
      // A backquoted word can be a secret as a whole.
      const bool whole = secret.starts_with('`');
      words.back() += !replacement.empty() ? replacement
                      : whole              ? secret.substr(1, secret.size() - 2)
                                           : secret;
      // Spaces of a secret belong to its word.
      i += secret.size() + 3;
    } else if (row[i] == '`') {
      together = !together;
    } else if (row[i] == ' ' && !together) {
      words.emplace_back();
    } else {
      words.back() += row[i];
    }
  }
  return words;
}

std::string show(const std::vector<std::string>& words) {
  std::string line;
  for (const auto& word : words) line += "[" + word + "]";
  return line;
}

Redactor make_redactor() {
  return *Redactor::make({});
}

double percent(std::size_t part, std::size_t all) {
  return 100.0 * static_cast<double>(part) / static_cast<double>(all);
}

TEST(RedactionErrors, secrets_missed_on_real_command_lines_stay_below_two_percent) {
  const auto redactor = make_redactor();
  std::size_t missed = 0;
  for (const auto row : kWithSecrets) {
    const auto got = redactor.redact_words(words_of(row));
    if (got == words_of(row, kRedacted)) continue;
    ++missed;
    std::cout << "missed: " << show(words_of(row)) << "\n   got: " << show(got) << "\n";
  }
  const auto rate = percent(missed, std::size(kWithSecrets));
  std::cout << "secrets not removed exactly: " << missed << " of " << std::size(kWithSecrets)
            << " lines, " << rate << " %\n";
  RecordProperty("missed_percent", std::to_string(rate));
  EXPECT_LT(rate, 2.0);
  EXPECT_GE(std::size(kWithSecrets), 100U);
}

TEST(RedactionErrors, innocent_lines_touched_stay_below_two_percent) {
  const auto redactor = make_redactor();
  std::size_t touched = 0;
  for (const auto row : kWithoutSecrets) {
    const auto words = words_of(row);
    const auto got = redactor.redact_words(words);
    if (got == words) continue;
    ++touched;
    std::cout << "touched: " << show(words) << "\n    got: " << show(got) << "\n";
  }
  const auto rate = percent(touched, std::size(kWithoutSecrets));
  std::cout << "innocent lines touched: " << touched << " of " << std::size(kWithoutSecrets)
            << " lines, " << rate << " %\n";
  RecordProperty("touched_percent", std::to_string(rate));
  EXPECT_LT(rate, 2.0);
  EXPECT_GE(std::size(kWithoutSecrets), 100U);
}

TEST(RedactionErrors, redacting_twice_changes_nothing) {
  const auto redactor = make_redactor();
  for (const auto row : kWithSecrets) {
    const auto once = redactor.redact_words(words_of(row));
    EXPECT_EQ(show(redactor.redact_words(once)), show(once));
  }
}

}  // namespace
}  // namespace foreshock::agent
