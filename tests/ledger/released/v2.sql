PRAGMA user_version=2;
BEGIN TRANSACTION;
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
INSERT INTO "_sqlite_migrations" VALUES(1,'agilml','m001_first_schema','2026-11-20 19:34:17.460410+00:00');
INSERT INTO "_sqlite_migrations" VALUES(2,'agilml','m002_search','2026-11-20 19:34:17.461521+00:00');
CREATE TABLE attempt (
  id TEXT PRIMARY KEY, trial TEXT NOT NULL, n INTEGER NOT NULL, sweep TEXT NOT NULL, epoch INTEGER NOT NULL,
  fence INTEGER NOT NULL, state TEXT NOT NULL, cause TEXT, slot TEXT NOT NULL, folder TEXT NOT NULL,
  host TEXT, pid INTEGER, pid_started INTEGER, isolation TEXT, start_ms REAL,
  resumed_from TEXT, resumed_step INTEGER, spool_offset INTEGER NOT NULL DEFAULT 0,
  leased REAL NOT NULL, started REAL, ended REAL, seconds REAL, cpu_seconds REAL, max_rss_mb REAL,
  exit_code INTEGER, signal INTEGER, error TEXT, UNIQUE (trial, n)
);
INSERT INTO "attempt" VALUES('t-9e76dbab792a17ca.1','t-9e76dbab792a17ca',1,'s-15fff81e0f15',1,5,'succeeded',NULL,'local:0','runs/t-9e76dbab792a17ca.1','sample-host',4121,1,'fork',9.5,NULL,NULL,100,1780000001.25,1780000001.5,1780000002.0,1.5,1.5,210.0,NULL,NULL,NULL);
INSERT INTO "attempt" VALUES('t-e76dc58eff064779.1','t-e76dc58eff064779',1,'s-15fff81e0f15',1,9,'lost','controller','local:0','runs/t-e76dc58eff064779.1','sample-host',4121,1,'fork',9.5,NULL,NULL,100,1780000002.25,1780000002.5,1780000003.25,NULL,NULL,NULL,NULL,NULL,'the controller died');
INSERT INTO "attempt" VALUES('t-e76dc58eff064779.2','t-e76dc58eff064779',2,'s-15fff81e0f15',1,14,'succeeded',NULL,'local:1','runs/t-e76dc58eff064779.2','sample-host',4121,1,'fork',9.5,'t-e76dc58eff064779.1',0,300,1780000003.5,1780000003.75,1780000004.75,1.0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "attempt" VALUES('t-dc32b3ca9e7b30d3.1','t-dc32b3ca9e7b30d3',1,'s-15fff81e0f15',1,20,'succeeded',NULL,'local:0','runs/t-dc32b3ca9e7b30d3.1','sample-host',4121,1,'fork',9.5,NULL,NULL,100,1780000005.0,1780000005.25,1780000006.0,1.5,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "attempt" VALUES('t-6e947805f031f927.1','t-6e947805f031f927',1,'s-15fff81e0f15',1,25,'failed','user','local:0','runs/t-6e947805f031f927.1','sample-host',4121,1,'fork',9.5,NULL,NULL,100,1780000006.25,1780000006.5,1780000007.0,1.5,1.5,210.0,1,NULL,'RuntimeError: the loss exploded');
INSERT INTO "attempt" VALUES('t-de3fd8aa4c9c0140.1','t-de3fd8aa4c9c0140',1,'s-15fff81e0f15',1,29,'succeeded',NULL,'local:0','runs/t-de3fd8aa4c9c0140.1','sample-host',4121,1,'fork',9.5,NULL,NULL,100,1780000007.25,1780000007.5,1780000008.0,1.5,1.5,210.0,NULL,NULL,NULL);
INSERT INTO "attempt" VALUES('t-c823b409c146ad6a.1','t-c823b409c146ad6a',1,'s-15fff81e0f15',1,33,'succeeded',NULL,'local:0','runs/t-c823b409c146ad6a.1','sample-host',4121,1,'fork',9.5,NULL,NULL,100,1780000008.25,1780000008.5,1780000009.0,1.5,1.5,210.0,NULL,NULL,NULL);
INSERT INTO "attempt" VALUES('t-71a0abac8f1e0dd2.1','t-71a0abac8f1e0dd2',1,'s-15fff81e0f15',1,37,'succeeded',NULL,'local:0','runs/t-71a0abac8f1e0dd2.1','sample-host',4121,1,'fork',9.5,NULL,NULL,100,1780000009.25,1780000009.5,1780000010.0,1.5,1.5,210.0,NULL,NULL,NULL);
INSERT INTO "attempt" VALUES('t-3f4c3a5b92b7d83c.1','t-3f4c3a5b92b7d83c',1,'s-15fff81e0f15',1,41,'succeeded',NULL,'local:0','runs/t-3f4c3a5b92b7d83c.1','sample-host',4121,1,'fork',9.5,NULL,NULL,100,1780000010.25,1780000010.5,1780000011.0,1.5,1.5,210.0,NULL,NULL,NULL);
INSERT INTO "attempt" VALUES('t-c5de98b64366610b.1','t-c5de98b64366610b',1,'s-15fff81e0f15',1,45,'succeeded',NULL,'local:0','runs/t-c5de98b64366610b.1','sample-host',4121,1,'fork',9.5,NULL,NULL,100,1780000011.25,1780000011.5,1780000012.0,1.5,1.5,210.0,NULL,NULL,NULL);
INSERT INTO "attempt" VALUES('t-0c397dd8bfa540ef.1','t-0c397dd8bfa540ef',1,'s-15fff81e0f15',1,49,'succeeded',NULL,'local:0','runs/t-0c397dd8bfa540ef.1','sample-host',4121,1,'fork',9.5,NULL,NULL,100,1780000012.25,1780000012.5,1780000013.0,1.5,1.5,210.0,NULL,NULL,NULL);
INSERT INTO "attempt" VALUES('t-6eaeb2d6173d04a3.1','t-6eaeb2d6173d04a3',1,'s-15fff81e0f15',1,53,'succeeded',NULL,'local:0','runs/t-6eaeb2d6173d04a3.1','sample-host',4121,1,'fork',9.5,NULL,NULL,100,1780000013.25,1780000013.5,1780000014.0,1.5,1.5,210.0,NULL,NULL,NULL);
INSERT INTO "attempt" VALUES('t-e882a4c84218f95f.1','t-e882a4c84218f95f',1,'s-15fff81e0f15',1,57,'succeeded',NULL,'local:0','runs/t-e882a4c84218f95f.1','sample-host',4121,1,'fork',9.5,NULL,NULL,100,1780000014.25,1780000014.5,1780000015.0,1.5,1.5,210.0,NULL,NULL,NULL);
INSERT INTO "attempt" VALUES('t-f3013f933b9fb80a.1','t-f3013f933b9fb80a',1,'s-abababababab',1,67,'succeeded',NULL,'local:0','runs/t-f3013f933b9fb80a.1','sample-host',5,6,'fork',NULL,NULL,NULL,5,1.79520325746805095674e+09,1.79520325746807384494e+09,1.79520325746809601783e+09,1.0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "attempt" VALUES('t-2bfd14f43d17fc7c.1','t-2bfd14f43d17fc7c',1,'s-abababababab',1,73,'pruned',NULL,'local:0','runs/t-2bfd14f43d17fc7c.1','sample-host',5,6,'fork',NULL,NULL,NULL,5,1.79520325746833109854e+09,1.79520325746834182737e+09,1.79520325746842217447e+09,1.0,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE budget_notice (
  sweep TEXT NOT NULL, name TEXT NOT NULL, share REAL NOT NULL, used REAL NOT NULL, "limit" REAL NOT NULL,
  at REAL NOT NULL, PRIMARY KEY (sweep, name, share, "limit")
) WITHOUT ROWID;
INSERT INTO "budget_notice" VALUES('s-abababababab','trials',0.8,4.0,4.0,1.79520325746844792362e+09);
CREATE TABLE candidate (
  sweep TEXT NOT NULL, number INTEGER NOT NULL, choice TEXT NOT NULL, trials TEXT NOT NULL, by TEXT NOT NULL,
  proposed REAL NOT NULL, PRIMARY KEY (sweep, number)
) WITHOUT ROWID;
INSERT INTO "candidate" VALUES('s-abababababab',0,'{"optim.lr": 0.1}','["t-f3013f933b9fb80a"]','sampler',1.79520325746788263318e+09);
INSERT INTO "candidate" VALUES('s-abababababab',1,'{"optim.lr": 0.2}','["t-2bfd14f43d17fc7c"]','sampler',1.7952032574682734012e+09);
CREATE TABLE checkpoint (
  attempt TEXT NOT NULL, step INTEGER NOT NULL, trial TEXT NOT NULL, folder TEXT NOT NULL,
  sha256 TEXT NOT NULL, size INTEGER NOT NULL, value REAL, saved REAL NOT NULL, PRIMARY KEY (attempt, step)
) WITHOUT ROWID;
INSERT INTO "checkpoint" VALUES('t-e76dc58eff064779.1',0,'t-e76dc58eff064779','runs/t-e76dc58eff064779.1/checkpoints/0','abababababababababababababababababababababababababababababababab',1048576,0.7,1780000003.0);
CREATE TABLE decision (
  attempt TEXT PRIMARY KEY, trial TEXT NOT NULL, action TEXT NOT NULL, stopper TEXT NOT NULL, step INTEGER,
  value REAL, reason TEXT NOT NULL, at REAL NOT NULL
) WITHOUT ROWID;
INSERT INTO "decision" VALUES('t-2bfd14f43d17fc7c.1','t-2bfd14f43d17fc7c','prune','median',0,0.5,'below the median',1.79520325746839690206e+09);
CREATE TABLE fact (
  origin TEXT NOT NULL, seq INTEGER NOT NULL, time REAL NOT NULL, kind TEXT NOT NULL,
  subject TEXT NOT NULL, body TEXT NOT NULL, digest TEXT NOT NULL, PRIMARY KEY (origin, seq)
);
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',1,1780000000.25,'structure.composed','29365ba1bcda5064a987d6568f7fed3b7d3db2fb08cf33cb2919f1066a63635b','{"structure":"29365ba1bcda5064a987d6568f7fed3b7d3db2fb08cf33cb2919f1066a63635b","conf":"resnet","choices":{"model":"resnet8"},"unresolved":{"recipe":"resnet","seed":0,"metric":"val_acc","mode":"max","epochs":3,"model":{"name":"resnet","depth":8},"optim":{"name":"sgd","lr":0.1},"data":{"name":"digits","root":"${oc.env:DATA_ROOT,data}"}},"resolved":{"recipe":"resnet","seed":0,"metric":"val_acc","mode":"max","epochs":3,"model":{"name":"resnet","depth":8},"optim":{"name":"sgd","lr":0.1},"data":{"name":"digits","root":"${oc.env:DATA_ROOT,data}"}}}','a357fbcf7bc3894db1ffb820ad454d2c5cd7d7431957c30fe4877e9ba72f168b');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',2,1780000000.5,'sweep.planned','s-15fff81e0f15','{"sweep":"s-15fff81e0f15","conf":"resnet","recipe":"resnet","metric":"val_acc","mode":"max","total":12,"spec":{"executor":{"name":"local","slots":2},"budget":{"trials":null,"hours":null}},"provenance":{"git":{"commit":"3f786850e387550fdab836ed7e6dc881de23001b","branch":"main","dirty":false},"code":{"digest":"89e6c98d92887913cadf06b2adb97f26cde4849b","files":{"recipes/resnet.py":"1a"}},"argv":["agil","sweep","conf=resnet"],"user":"ada","host":"sample-host","python":"3.11.7","agilml":"0.1.0","packages":{"torch":"2.13.0","numpy":"2.3.0"}}}','a9b2519b8d540b55a457ba874779641ccddb288a680d85557c16b83dbb842760');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',3,1780000000.75,'trials.planned','s-15fff81e0f15','{"sweep":"s-15fff81e0f15","first":0,"structure":"29365ba1bcda5064a987d6568f7fed3b7d3db2fb08cf33cb2919f1066a63635b","trials":[["t-9e76dbab792a17ca",{"optim.lr":0.05,"model.depth":8,"seed":0},{"optim.lr":0.05,"model.depth":8,"seed":0}],["t-e76dc58eff064779",{"optim.lr":0.05,"model.depth":14,"seed":0},{"optim.lr":0.05,"model.depth":14,"seed":0}],["t-dc32b3ca9e7b30d3",{"optim.lr":0.2,"model.depth":8,"seed":0},{"optim.lr":0.2,"model.depth":8,"seed":0}],["t-6e947805f031f927",{"optim.lr":0.2,"model.depth":14,"seed":0},{"optim.lr":0.2,"model.depth":14,"seed":0}],["t-de3fd8aa4c9c0140",{"optim.lr":0.05,"model.depth":8,"seed":1},{"optim.lr":0.05,"model.depth":8,"seed":1}],["t-c823b409c146ad6a",{"optim.lr":0.05,"model.depth":14,"seed":1},{"optim.lr":0.05,"model.depth":14,"seed":1}],["t-71a0abac8f1e0dd2",{"optim.lr":0.2,"model.depth":8,"seed":1},{"optim.lr":0.2,"model.depth":8,"seed":1}],["t-3f4c3a5b92b7d83c",{"optim.lr":0.2,"model.depth":14,"seed":1},{"optim.lr":0.2,"model.depth":14,"seed":1}],["t-c5de98b64366610b",{"optim.lr":0.05,"model.depth":8,"seed":2},{"optim.lr":0.05,"model.depth":8,"seed":2}],["t-0c397dd8bfa540ef",{"optim.lr":0.05,"model.depth":14,"seed":2},{"optim.lr":0.05,"model.depth":14,"seed":2}],["t-6eaeb2d6173d04a3",{"optim.lr":0.2,"model.depth":8,"seed":2},{"optim.lr":0.2,"model.depth":8,"seed":2}],["t-e882a4c84218f95f",{"optim.lr":0.2,"model.depth":14,"seed":2},{"optim.lr":0.2,"model.depth":14,"seed":2}]],"kept":[]}','d1e556d8a92f8af38db1ae9ee1f283198209b41833b4c14ac7213a8701bca0a0');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',4,1780000001.0,'controller.started','s-15fff81e0f15','{"sweep":"s-15fff81e0f15","epoch":1,"host":"sample-host","pid":4120}','524e055fe4fa2cde942b7353eef95f431591eb9a19da2580f8a7b4eaec791f3f');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',5,1780000001.25,'attempt.leased','t-9e76dbab792a17ca.1','{"attempt":"t-9e76dbab792a17ca.1","trial":"t-9e76dbab792a17ca","n":1,"fence":5,"sweep":"s-15fff81e0f15","epoch":1,"slot":"local:0","folder":"runs/t-9e76dbab792a17ca.1"}','e7b069a94d736b94d5a3d77c8cea5d8d79cf2dc1ba719c6c8df210b7fb154b84');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',6,1780000001.5,'attempt.started','t-9e76dbab792a17ca.1','{"attempt":"t-9e76dbab792a17ca.1","host":"sample-host","pid":4121,"pid_started":1,"isolation":"fork","start_ms":9.5,"began":null}','b43f49fcbac3a351ddc3434cbc425b54095ef8342a2b04458d2b592f8ad7f3db');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',7,1780000001.75,'metrics.logged','t-9e76dbab792a17ca.1','{"attempt":"t-9e76dbab792a17ca.1","offset":100,"series":{"loss":[[0,1,2],[1.0924,0.5924,0.1924],[0.1,0.1,0.1]],"val_acc":[[0,1,2],[0.7076,0.9076,0.9036],[0.1,0.1,0.1]],"test_acc":[[0],[0.8976],[0.1]]}}','3069514319d338921b81c6cb485b681c4f7cb1895884456b1c19bb77d04d0f36');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',8,1780000002.0,'attempt.ended','t-9e76dbab792a17ca.1','{"attempt":"t-9e76dbab792a17ca.1","trial":"t-9e76dbab792a17ca","state":"succeeded","trial_state":"succeeded","cause":null,"error":null,"exit_code":null,"signal":null,"usage":{"seconds":1.5,"cpu_seconds":1.5,"max_rss_mb":210.0}}','fd608ad85c94af3e9556b3da27b2f6883e71cb373d8165995fe40df5363814b3');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',9,1780000002.25,'attempt.leased','t-e76dc58eff064779.1','{"attempt":"t-e76dc58eff064779.1","trial":"t-e76dc58eff064779","n":1,"fence":9,"sweep":"s-15fff81e0f15","epoch":1,"slot":"local:0","folder":"runs/t-e76dc58eff064779.1"}','58d821eb55a08714419d92e6e56ac284e4d7fc9ee266a80f4a3d3627ad01e81b');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',10,1780000002.5,'attempt.started','t-e76dc58eff064779.1','{"attempt":"t-e76dc58eff064779.1","host":"sample-host","pid":4121,"pid_started":1,"isolation":"fork","start_ms":9.5,"began":null}','91ead7898ed3d42344416b9de58aff5c99b7d9ca1b7c20d8bd1ac1789fa04674');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',11,1780000002.75,'metrics.logged','t-e76dc58eff064779.1','{"attempt":"t-e76dc58eff064779.1","offset":100,"series":{"loss":[[0],[1.0627],[0.1]],"val_acc":[[0],[0.7373],[0.1]]}}','a82da1bfa82afeb02089ceae352e2776d1383557801d704e3b92d12283b926f5');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',12,1780000003.0,'checkpoint.saved','t-e76dc58eff064779.1','{"attempt":"t-e76dc58eff064779.1","trial":"t-e76dc58eff064779","step":0,"folder":"runs/t-e76dc58eff064779.1/checkpoints/0","sha256":"abababababababababababababababababababababababababababababababab","size":1048576,"value":0.7,"dropped":[]}','b0f9b79efd60679f5b00591a6c61721a22966482e5507020f1e8beaaa5d6b712');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',13,1780000003.25,'attempt.ended','t-e76dc58eff064779.1','{"attempt":"t-e76dc58eff064779.1","trial":"t-e76dc58eff064779","state":"lost","trial_state":"pending","cause":"controller","error":"the controller died","exit_code":null,"signal":null,"usage":{}}','dd580e74de70d6b4e2b59c970fac01bfd64ca3c7cc8a39e46eaf6427d35ff978');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',14,1780000003.5,'attempt.leased','t-e76dc58eff064779.2','{"attempt":"t-e76dc58eff064779.2","trial":"t-e76dc58eff064779","n":2,"fence":14,"sweep":"s-15fff81e0f15","epoch":1,"slot":"local:1","folder":"runs/t-e76dc58eff064779.2"}','147d45cd825928bc5734f12970a67d1ab3d86efc25f429909d41d058e15f00ce');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',15,1780000003.75,'attempt.started','t-e76dc58eff064779.2','{"attempt":"t-e76dc58eff064779.2","host":"sample-host","pid":4121,"pid_started":1,"isolation":"fork","start_ms":9.5,"began":null}','0b3d2824bf548ffe374f3f22806360a393b3a4277cd537fcec92f4292ca66b6c');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',16,1780000004.0,'attempt.resumed','t-e76dc58eff064779.2','{"attempt":"t-e76dc58eff064779.2","source":"t-e76dc58eff064779.1","step":0}','bb6d8c62f2386fd9615e82649cacc9f7e922aebac70ef534a29a94b0d1ad5b96');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',17,1780000004.25,'metrics.logged','t-e76dc58eff064779.2','{"attempt":"t-e76dc58eff064779.2","offset":200,"series":{"loss":[[1,2],[0.5627,0.1627],[0.1,0.1]],"val_acc":[[1,2],[0.9373,0.9333],[0.1,0.1]]}}','54fdc7a1737d90d46062abee82c0c9d7184ff6891a2368bff994e5d1b1c1fcb9');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',18,1780000004.5,'metrics.logged','t-e76dc58eff064779.2','{"attempt":"t-e76dc58eff064779.2","offset":300,"series":{"test_acc":[[2],[0.9273],[0.1]]}}','a1d28eb9939596e9da545a7e59ff142607daf836abbba995d1a89613a7066589');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',19,1780000004.75,'attempt.ended','t-e76dc58eff064779.2','{"attempt":"t-e76dc58eff064779.2","trial":"t-e76dc58eff064779","state":"succeeded","trial_state":"succeeded","cause":null,"error":null,"exit_code":null,"signal":null,"usage":{"seconds":1.0}}','d59e804e6016267006880d29e9f6d8500db1393d8f1dcac6f602507d4fadbdfb');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',20,1780000005.0,'attempt.leased','t-dc32b3ca9e7b30d3.1','{"attempt":"t-dc32b3ca9e7b30d3.1","trial":"t-dc32b3ca9e7b30d3","n":1,"fence":20,"sweep":"s-15fff81e0f15","epoch":1,"slot":"local:0","folder":"runs/t-dc32b3ca9e7b30d3.1"}','299dce65d0d839717aa29d787f9b10ac813352d4648ca1b46a9ff41f1537ab83');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',21,1780000005.25,'attempt.started','t-dc32b3ca9e7b30d3.1','{"attempt":"t-dc32b3ca9e7b30d3.1","host":"sample-host","pid":4121,"pid_started":1,"isolation":"fork","start_ms":9.5,"began":null}','9b4728c584c60f7fe07eeca3f58949328d175de43d58d506d17e9ecdff2dbb87');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',22,1780000005.5,'metrics.logged','t-dc32b3ca9e7b30d3.1','{"attempt":"t-dc32b3ca9e7b30d3.1","offset":100,"series":{"loss":[[0,1,2],[1.1,0.9,"nan"],[0.1,0.1,0.1]],"val_acc":[[0,1,2],[0.7031,0.9031,0.8991],[0.1,0.1,0.1]],"test_acc":[[0],[0.8931],[0.1]]}}','6ce3df6e0b9c2945f58405d1e4a4a7735d0c227f08a99c7c04380446095b6856');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',23,1780000005.75,'attempt.warned','t-dc32b3ca9e7b30d3.1','{"attempt":"t-dc32b3ca9e7b30d3.1","text":"loss is NaN at step 2"}','373ffd0a2a5bc7e227d874245cd52f1744a53eb23b1ee6961da95a57965dd693');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',24,1780000006.0,'attempt.ended','t-dc32b3ca9e7b30d3.1','{"attempt":"t-dc32b3ca9e7b30d3.1","trial":"t-dc32b3ca9e7b30d3","state":"succeeded","trial_state":"succeeded","cause":null,"error":null,"exit_code":null,"signal":null,"usage":{"seconds":1.5}}','b6d6472821bcb680a6b48f4e0b1fb3d5bb9fbff9677f2aad8a0d8158e4e70972');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',25,1780000006.25,'attempt.leased','t-6e947805f031f927.1','{"attempt":"t-6e947805f031f927.1","trial":"t-6e947805f031f927","n":1,"fence":25,"sweep":"s-15fff81e0f15","epoch":1,"slot":"local:0","folder":"runs/t-6e947805f031f927.1"}','1e077b6f8201c5412c8e1b286f502b209cd0deceeffe60cb9eb11ad7dbee8935');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',26,1780000006.5,'attempt.started','t-6e947805f031f927.1','{"attempt":"t-6e947805f031f927.1","host":"sample-host","pid":4121,"pid_started":1,"isolation":"fork","start_ms":9.5,"began":null}','f697661b53195ab84d9e8200e5e05baf3b753fbd975069323b32b9fb57eea741');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',27,1780000006.75,'metrics.logged','t-6e947805f031f927.1','{"attempt":"t-6e947805f031f927.1","offset":100,"series":{"loss":[[0],[2.3],[0.1]]}}','f6411693aae95c6687dc1ec3ae7f6271536fbecde8abb958077504fb525bdee9');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',28,1780000007.0,'attempt.ended','t-6e947805f031f927.1','{"attempt":"t-6e947805f031f927.1","trial":"t-6e947805f031f927","state":"failed","trial_state":"failed","cause":"user","error":"RuntimeError: the loss exploded","exit_code":1,"signal":null,"usage":{"seconds":1.5,"cpu_seconds":1.5,"max_rss_mb":210.0}}','8a2e2b6ea0a8438a0beee4859def4399a13b513197189f328140ddc908a3b548');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',29,1780000007.25,'attempt.leased','t-de3fd8aa4c9c0140.1','{"attempt":"t-de3fd8aa4c9c0140.1","trial":"t-de3fd8aa4c9c0140","n":1,"fence":29,"sweep":"s-15fff81e0f15","epoch":1,"slot":"local:0","folder":"runs/t-de3fd8aa4c9c0140.1"}','42372ead0d565c94ad08760eaa58f8a25dbdab3c9faf53159edc68faf9a3088c');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',30,1780000007.5,'attempt.started','t-de3fd8aa4c9c0140.1','{"attempt":"t-de3fd8aa4c9c0140.1","host":"sample-host","pid":4121,"pid_started":1,"isolation":"fork","start_ms":9.5,"began":null}','6eec0e4d768ae2d688a4ef378be07427fc9cb626efb064b43acf713f0c698bb0');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',31,1780000007.75,'metrics.logged','t-de3fd8aa4c9c0140.1','{"attempt":"t-de3fd8aa4c9c0140.1","offset":100,"series":{"loss":[[0,1,2],[1.0885,0.5885,0.1885],[0.1,0.1,0.1]],"val_acc":[[0,1,2],[0.7115,0.9115,0.9075],[0.1,0.1,0.1]],"test_acc":[[0],[0.9015],[0.1]]}}','6f6cae67e1314001817fd65572ac388ef4040fdcf990d2a178b15dbe25db15c4');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',32,1780000008.0,'attempt.ended','t-de3fd8aa4c9c0140.1','{"attempt":"t-de3fd8aa4c9c0140.1","trial":"t-de3fd8aa4c9c0140","state":"succeeded","trial_state":"succeeded","cause":null,"error":null,"exit_code":null,"signal":null,"usage":{"seconds":1.5,"cpu_seconds":1.5,"max_rss_mb":210.0}}','b558a6fb065525fe2155e3741e8092d1d1bd24ec58b9145ba11168a526656235');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',33,1780000008.25,'attempt.leased','t-c823b409c146ad6a.1','{"attempt":"t-c823b409c146ad6a.1","trial":"t-c823b409c146ad6a","n":1,"fence":33,"sweep":"s-15fff81e0f15","epoch":1,"slot":"local:0","folder":"runs/t-c823b409c146ad6a.1"}','7e57cf5df0c728765a86b3f1b54ed8747368e4d2d4f9f88371d5ded2c38eb36f');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',34,1780000008.5,'attempt.started','t-c823b409c146ad6a.1','{"attempt":"t-c823b409c146ad6a.1","host":"sample-host","pid":4121,"pid_started":1,"isolation":"fork","start_ms":9.5,"began":null}','a1d0dc05770e526dfc5bf67da7530d8723f4155eade69778c7006382422dc9ae');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',35,1780000008.75,'metrics.logged','t-c823b409c146ad6a.1','{"attempt":"t-c823b409c146ad6a.1","offset":100,"series":{"loss":[[0,1,2],[1.0639,0.5639,0.1639],[0.1,0.1,0.1]],"val_acc":[[0,1,2],[0.7361,0.9361,0.9321],[0.1,0.1,0.1]],"test_acc":[[0],[0.9261],[0.1]]}}','3b7989faacba31e5dfb81ad0bf30cc617ee8164fe75c52270626f69df0bfd527');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',36,1780000009.0,'attempt.ended','t-c823b409c146ad6a.1','{"attempt":"t-c823b409c146ad6a.1","trial":"t-c823b409c146ad6a","state":"succeeded","trial_state":"succeeded","cause":null,"error":null,"exit_code":null,"signal":null,"usage":{"seconds":1.5,"cpu_seconds":1.5,"max_rss_mb":210.0}}','34fff5463dc62c07ce62f1a32a7b4a20cb04217e125ecf579eacac441efe3734');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',37,1780000009.25,'attempt.leased','t-71a0abac8f1e0dd2.1','{"attempt":"t-71a0abac8f1e0dd2.1","trial":"t-71a0abac8f1e0dd2","n":1,"fence":37,"sweep":"s-15fff81e0f15","epoch":1,"slot":"local:0","folder":"runs/t-71a0abac8f1e0dd2.1"}','c1fc0abe2ecd2d4187896a627c2a1e49de12e20f794050d947b6cc7b190bb79f');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',38,1780000009.5,'attempt.started','t-71a0abac8f1e0dd2.1','{"attempt":"t-71a0abac8f1e0dd2.1","host":"sample-host","pid":4121,"pid_started":1,"isolation":"fork","start_ms":9.5,"began":null}','a6851fb7fe3f9f1cee280c8de2e2533d91f1596ae29b37d9f6d8f3a9a797cfac');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',39,1780000009.75,'metrics.logged','t-71a0abac8f1e0dd2.1','{"attempt":"t-71a0abac8f1e0dd2.1","offset":100,"series":{"loss":[[0,1,2],[1.0978,0.5978,0.1978],[0.1,0.1,0.1]],"val_acc":[[0,1,2],[0.7022,0.9022,0.8982],[0.1,0.1,0.1]],"test_acc":[[0],[0.8922],[0.1]]}}','c3cdc9c5b3ec143075b45bfe38ac8d721c051d229803572ce459ad2ec6131e9a');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',40,1780000010.0,'attempt.ended','t-71a0abac8f1e0dd2.1','{"attempt":"t-71a0abac8f1e0dd2.1","trial":"t-71a0abac8f1e0dd2","state":"succeeded","trial_state":"succeeded","cause":null,"error":null,"exit_code":null,"signal":null,"usage":{"seconds":1.5,"cpu_seconds":1.5,"max_rss_mb":210.0}}','cb0a18830d8e3314a3e61ee27d5863ad01633ae8057c8f0bd40b66c1ed935c31');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',41,1780000010.25,'attempt.leased','t-3f4c3a5b92b7d83c.1','{"attempt":"t-3f4c3a5b92b7d83c.1","trial":"t-3f4c3a5b92b7d83c","n":1,"fence":41,"sweep":"s-15fff81e0f15","epoch":1,"slot":"local:0","folder":"runs/t-3f4c3a5b92b7d83c.1"}','dc5c4d18d2d22f31932c227007226cb73c968420f4cf518a11b4d8b1d3b0bd17');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',42,1780000010.5,'attempt.started','t-3f4c3a5b92b7d83c.1','{"attempt":"t-3f4c3a5b92b7d83c.1","host":"sample-host","pid":4121,"pid_started":1,"isolation":"fork","start_ms":9.5,"began":null}','caba5be7a074554c0d7e2527385535b3600e54c1afaebafb135b8b4c1ed2061a');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',43,1780000010.75,'metrics.logged','t-3f4c3a5b92b7d83c.1','{"attempt":"t-3f4c3a5b92b7d83c.1","offset":100,"series":{"loss":[[0,1,2],[1.0714,0.5714,0.1714],[0.1,0.1,0.1]],"val_acc":[[0,1,2],[0.7286,0.9286,0.9246],[0.1,0.1,0.1]],"test_acc":[[0],[0.9186],[0.1]]}}','c6a256351770435e3ee88b391f33f35df72402a368cea2eb34353e3532860cc2');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',44,1780000011.0,'attempt.ended','t-3f4c3a5b92b7d83c.1','{"attempt":"t-3f4c3a5b92b7d83c.1","trial":"t-3f4c3a5b92b7d83c","state":"succeeded","trial_state":"succeeded","cause":null,"error":null,"exit_code":null,"signal":null,"usage":{"seconds":1.5,"cpu_seconds":1.5,"max_rss_mb":210.0}}','ab9ee12fb4a0153d59e8442844b8d8282bea0b10c2e9871c8f734ecbc2a5f4bd');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',45,1780000011.25,'attempt.leased','t-c5de98b64366610b.1','{"attempt":"t-c5de98b64366610b.1","trial":"t-c5de98b64366610b","n":1,"fence":45,"sweep":"s-15fff81e0f15","epoch":1,"slot":"local:0","folder":"runs/t-c5de98b64366610b.1"}','e828c6445f2ca4eb08036e522c403829e134186673096dbd3ae72fbf66d40be1');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',46,1780000011.5,'attempt.started','t-c5de98b64366610b.1','{"attempt":"t-c5de98b64366610b.1","host":"sample-host","pid":4121,"pid_started":1,"isolation":"fork","start_ms":9.5,"began":null}','7d8a4a1ed8faa0d372a345e878455a069f4b8c2d137e1c8989afef2d96ee69a1');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',47,1780000011.75,'metrics.logged','t-c5de98b64366610b.1','{"attempt":"t-c5de98b64366610b.1","offset":100,"series":{"loss":[[0,1,2],[1.0883,0.5883,0.1883],[0.1,0.1,0.1]],"val_acc":[[0,1,2],[0.7117,0.9117,0.9077],[0.1,0.1,0.1]],"test_acc":[[0],[0.9017],[0.1]]}}','529fd312189f020b0df2b9fb1ce462a55089621a7a653db314837fb2c4fbe8ef');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',48,1780000012.0,'attempt.ended','t-c5de98b64366610b.1','{"attempt":"t-c5de98b64366610b.1","trial":"t-c5de98b64366610b","state":"succeeded","trial_state":"succeeded","cause":null,"error":null,"exit_code":null,"signal":null,"usage":{"seconds":1.5,"cpu_seconds":1.5,"max_rss_mb":210.0}}','f12ab6162a84890f01aabba143ce31f46b261d25ffa49567b4fd6e3cbd5c6ade');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',49,1780000012.25,'attempt.leased','t-0c397dd8bfa540ef.1','{"attempt":"t-0c397dd8bfa540ef.1","trial":"t-0c397dd8bfa540ef","n":1,"fence":49,"sweep":"s-15fff81e0f15","epoch":1,"slot":"local:0","folder":"runs/t-0c397dd8bfa540ef.1"}','47fcd206428133069e16cbced47498bafed7bc0a4b12a43e2aa33d496239fd30');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',50,1780000012.5,'attempt.started','t-0c397dd8bfa540ef.1','{"attempt":"t-0c397dd8bfa540ef.1","host":"sample-host","pid":4121,"pid_started":1,"isolation":"fork","start_ms":9.5,"began":null}','c9416026a3ed39096e9a244f14b1f0a3d28cccdbcc0dfb5facad694048736047');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',51,1780000012.75,'metrics.logged','t-0c397dd8bfa540ef.1','{"attempt":"t-0c397dd8bfa540ef.1","offset":100,"series":{"loss":[[0,1,2],[1.0621,0.5621,0.1621],[0.1,0.1,0.1]],"val_acc":[[0,1,2],[0.7379,0.9379,0.9339],[0.1,0.1,0.1]],"test_acc":[[0],[0.9279],[0.1]]}}','830d418dad071a5371f12a74b4b0e362bb23103d51319ce16f9b88a7fb909ef4');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',52,1780000013.0,'attempt.ended','t-0c397dd8bfa540ef.1','{"attempt":"t-0c397dd8bfa540ef.1","trial":"t-0c397dd8bfa540ef","state":"succeeded","trial_state":"succeeded","cause":null,"error":null,"exit_code":null,"signal":null,"usage":{"seconds":1.5,"cpu_seconds":1.5,"max_rss_mb":210.0}}','bd50c0476731140fc2aeac6c16eecbe21005a90e2e9f61f88d5d517b59f41ac2');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',53,1780000013.25,'attempt.leased','t-6eaeb2d6173d04a3.1','{"attempt":"t-6eaeb2d6173d04a3.1","trial":"t-6eaeb2d6173d04a3","n":1,"fence":53,"sweep":"s-15fff81e0f15","epoch":1,"slot":"local:0","folder":"runs/t-6eaeb2d6173d04a3.1"}','92b1d2739ba6f08ccd6c65ba3e3f31157209de31e71797f885b975b437eb2aee');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',54,1780000013.5,'attempt.started','t-6eaeb2d6173d04a3.1','{"attempt":"t-6eaeb2d6173d04a3.1","host":"sample-host","pid":4121,"pid_started":1,"isolation":"fork","start_ms":9.5,"began":null}','4b0be5f815947e089029846a36b224e672dec05f03ebce4d326d4307f23a3eaa');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',55,1780000013.75,'metrics.logged','t-6eaeb2d6173d04a3.1','{"attempt":"t-6eaeb2d6173d04a3.1","offset":100,"series":{"loss":[[0,1,2],[1.0986,0.5986,0.1986],[0.1,0.1,0.1]],"val_acc":[[0,1,2],[0.7014,0.9014,0.8974],[0.1,0.1,0.1]],"test_acc":[[0],[0.8914],[0.1]]}}','f80060707032ae2f819853dee2ea5649e8f4c8e5ef980699eda8aa50710b4d91');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',56,1780000014.0,'attempt.ended','t-6eaeb2d6173d04a3.1','{"attempt":"t-6eaeb2d6173d04a3.1","trial":"t-6eaeb2d6173d04a3","state":"succeeded","trial_state":"succeeded","cause":null,"error":null,"exit_code":null,"signal":null,"usage":{"seconds":1.5,"cpu_seconds":1.5,"max_rss_mb":210.0}}','9a4c0a22662b4d5f20be1eaf7745296ac76093ae2a94a04944fc0a0b2186b4d1');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',57,1780000014.25,'attempt.leased','t-e882a4c84218f95f.1','{"attempt":"t-e882a4c84218f95f.1","trial":"t-e882a4c84218f95f","n":1,"fence":57,"sweep":"s-15fff81e0f15","epoch":1,"slot":"local:0","folder":"runs/t-e882a4c84218f95f.1"}','fbf265fc537d275b98ade0387936cf3bd09198a1662884d18d5e084f7299885b');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',58,1780000014.5,'attempt.started','t-e882a4c84218f95f.1','{"attempt":"t-e882a4c84218f95f.1","host":"sample-host","pid":4121,"pid_started":1,"isolation":"fork","start_ms":9.5,"began":null}','033e4201d3996d6f7662c1f7aa1d17a251d152e7562a7af7d3d1da4fe338aea8');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',59,1780000014.75,'metrics.logged','t-e882a4c84218f95f.1','{"attempt":"t-e882a4c84218f95f.1","offset":100,"series":{"loss":[[0,1,2],[1.0693,0.5693,0.1693],[0.1,0.1,0.1]],"val_acc":[[0,1,2],[0.7307,0.9307,0.9267],[0.1,0.1,0.1]],"test_acc":[[0],[0.9207],[0.1]]}}','c083fba4e23ad27540277cc9fce60346712d4344c2383c2566a8a0bb5e4b7513');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',60,1780000015.0,'attempt.ended','t-e882a4c84218f95f.1','{"attempt":"t-e882a4c84218f95f.1","trial":"t-e882a4c84218f95f","state":"succeeded","trial_state":"succeeded","cause":null,"error":null,"exit_code":null,"signal":null,"usage":{"seconds":1.5,"cpu_seconds":1.5,"max_rss_mb":210.0}}','af3f1206a4834a6eb97a5b7bec849152292bc9122fcda184305c21c6199dd4d7');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',61,1780000015.25,'sweep.ended','s-15fff81e0f15','{"sweep":"s-15fff81e0f15","state":"done"}','9ac04851c627bb2e5a66ae36e085aa87256576eea24607fca4fdeaf97df2bfac');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',62,1780000015.5,'tag.set','t-9e76dbab792a17ca','{"target":"t-9e76dbab792a17ca","tag":"baseline","on":true,"by":"ada"}','6c4284cc642701353c826eeed0586dd25379e042551e25645f743b9760cea92b');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',63,1.79520325746676254275e+09,'sweep.planned','s-abababababab','{"sweep":"s-abababababab","conf":"mlp","recipe":"mlp","metric":"val_acc","mode":"max","total":0,"spec":{"executor":{"name":"local","slots":2},"budget":{"trials":4,"hours":null},"search":{"space":{}}},"provenance":{"git":{"commit":"3f786850e387550fdab836ed7e6dc881de23001b","branch":"main","dirty":false},"code":{"digest":"89e6c98d92887913cadf06b2adb97f26cde4849b","files":{"recipes/resnet.py":"1a"}},"argv":["agil","sweep","conf=resnet"],"user":"ada","host":"sample-host","python":"3.11.7","agilml":"0.1.0","packages":{"torch":"2.13.0","numpy":"2.3.0"}}}','1d0b4ad31dccb610660d8795f835c9aa2da09bf12b7b0e59e317f25e976fd9bc');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',64,1.79520325746749544138e+09,'controller.started','s-abababababab','{"sweep":"s-abababababab","epoch":1,"host":"sample-host","pid":7}','1a4c32e3be25a8cddae13476c6da875901ef97532a6c842e8135880eb7329b3f');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',65,1.79520325746788263318e+09,'candidate.proposed','s-abababababab','{"sweep":"s-abababababab","number":0,"choice":{"optim.lr":0.1},"trials":["t-f3013f933b9fb80a"],"by":"sampler"}','7b226ad95debbc569a0c18075df5c8508a48c4c0bb35366bdfd4f0239327d2b0');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',66,1.79520325746793770792e+09,'trials.planned','s-abababababab','{"sweep":"s-abababababab","first":0,"structure":"29365ba1bcda5064a987d6568f7fed3b7d3db2fb08cf33cb2919f1066a63635b","trials":[["t-f3013f933b9fb80a",{"optim.lr":0.1},{"optim.lr":0.1}]],"kept":[]}','a6a94d9ac7359bff2fa4a0abf3c0729391e629e82094c4e7407ddd4b9a0be6f8');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',67,1.79520325746805095674e+09,'attempt.leased','t-f3013f933b9fb80a.1','{"attempt":"t-f3013f933b9fb80a.1","trial":"t-f3013f933b9fb80a","n":1,"fence":67,"sweep":"s-abababababab","epoch":1,"slot":"local:0","folder":"runs/t-f3013f933b9fb80a.1"}','8c3c8ba125db7a79ef5d700c0683591b9670f26268bc686381ff048e960b09d7');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',68,1.79520325746807384494e+09,'attempt.started','t-f3013f933b9fb80a.1','{"attempt":"t-f3013f933b9fb80a.1","host":"sample-host","pid":5,"pid_started":6,"isolation":"fork","start_ms":null,"began":null}','a64cab63c978e9dff1f51ba727c84b23d9eb74e5743369609df5036a43926b7c');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',69,1.79520325746808266645e+09,'metrics.logged','t-f3013f933b9fb80a.1','{"attempt":"t-f3013f933b9fb80a.1","offset":5,"series":{"val_acc":[[0],[0.5],[0.1]]}}','005e060ab78e2bc57115cfab6c96781b7603acbe3342b773a36319f196344992');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',70,1.79520325746809601783e+09,'attempt.ended','t-f3013f933b9fb80a.1','{"attempt":"t-f3013f933b9fb80a.1","trial":"t-f3013f933b9fb80a","state":"succeeded","trial_state":"succeeded","cause":null,"error":null,"exit_code":null,"signal":null,"usage":{"seconds":1.0}}','01fbbb074b829ca8b9c6e9c8b755fb7c5a664d75760b8f9d3b58dfb87c3ecf44');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',71,1.7952032574682734012e+09,'candidate.proposed','s-abababababab','{"sweep":"s-abababababab","number":1,"choice":{"optim.lr":0.2},"trials":["t-2bfd14f43d17fc7c"],"by":"sampler"}','0d821d4722378130090bc1b2ec09704945db70ac37379b200433f2381fc48702');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',72,1.7952032574682936668e+09,'trials.planned','s-abababababab','{"sweep":"s-abababababab","first":1,"structure":"29365ba1bcda5064a987d6568f7fed3b7d3db2fb08cf33cb2919f1066a63635b","trials":[["t-2bfd14f43d17fc7c",{"optim.lr":0.2},{"optim.lr":0.2}]],"kept":[]}','f28a6bf843acf6c1709c347b2d7f6f259c6cb1cba3d997f93e38077295dc476b');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',73,1.79520325746833109854e+09,'attempt.leased','t-2bfd14f43d17fc7c.1','{"attempt":"t-2bfd14f43d17fc7c.1","trial":"t-2bfd14f43d17fc7c","n":1,"fence":73,"sweep":"s-abababababab","epoch":1,"slot":"local:0","folder":"runs/t-2bfd14f43d17fc7c.1"}','19cf93e7bd92ae72a891babe9fdf8bf44604b93b881f408280c581d3a97641bd');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',74,1.79520325746834182737e+09,'attempt.started','t-2bfd14f43d17fc7c.1','{"attempt":"t-2bfd14f43d17fc7c.1","host":"sample-host","pid":5,"pid_started":6,"isolation":"fork","start_ms":null,"began":null}','5ed02daefebf1ca892e3580cfe0f0777e49c1bbc95723b1a228fe6dac21aaf3e');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',75,1.79520325746834874154e+09,'metrics.logged','t-2bfd14f43d17fc7c.1','{"attempt":"t-2bfd14f43d17fc7c.1","offset":5,"series":{"val_acc":[[0],[0.6],[0.1]]}}','1b0bdca9bcc284579d764bc434f41b7e44cfe87c27aeff1ca9b9abc27f890c59');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',76,1.79520325746839690206e+09,'stop.decided','t-2bfd14f43d17fc7c.1','{"attempt":"t-2bfd14f43d17fc7c.1","trial":"t-2bfd14f43d17fc7c","action":"prune","stopper":"median","step":0,"value":0.5,"reason":"below the median"}','f92d4960dd2ae2b9a8d1941901400872523ef4cc8d04f4918c5982ff37382f7a');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',77,1.79520325746842217447e+09,'attempt.ended','t-2bfd14f43d17fc7c.1','{"attempt":"t-2bfd14f43d17fc7c.1","trial":"t-2bfd14f43d17fc7c","state":"pruned","trial_state":"pruned","cause":null,"error":null,"exit_code":null,"signal":null,"usage":{"seconds":1.0}}','32111493f6b7acebb4b46e7f639c50c96c28ffc9f664d14d2c5c7e55099e112a');
INSERT INTO "fact" VALUES('4e3e0e59190cc19d325afc79e9295f5c',78,1.79520325746844792362e+09,'budget.reached','s-abababababab','{"sweep":"s-abababababab","name":"trials","share":0.8,"used":4,"limit":4}','124042d3d1d440ffae9d9c302ac9508826ca84b3a5ebf9fa3ebf507c1ff999b6');
CREATE TABLE metric (
  attempt TEXT NOT NULL, name TEXT NOT NULL, n INTEGER NOT NULL, last REAL, last_kind TEXT NOT NULL,
  last_step INTEGER, low REAL, low_step INTEGER, high REAL, high_step INTEGER,
  PRIMARY KEY (attempt, name)
) WITHOUT ROWID;
INSERT INTO "metric" VALUES('t-0c397dd8bfa540ef.1','loss',3,0.1621,'float',2,0.1621,2,1.0621,0);
INSERT INTO "metric" VALUES('t-0c397dd8bfa540ef.1','test_acc',1,0.9279,'float',0,0.9279,0,0.9279,0);
INSERT INTO "metric" VALUES('t-0c397dd8bfa540ef.1','val_acc',3,0.9339,'float',2,0.7379,0,0.9379,1);
INSERT INTO "metric" VALUES('t-2bfd14f43d17fc7c.1','val_acc',1,0.6,'float',0,0.6,0,0.6,0);
INSERT INTO "metric" VALUES('t-3f4c3a5b92b7d83c.1','loss',3,0.1714,'float',2,0.1714,2,1.0714,0);
INSERT INTO "metric" VALUES('t-3f4c3a5b92b7d83c.1','test_acc',1,0.9186,'float',0,0.9186,0,0.9186,0);
INSERT INTO "metric" VALUES('t-3f4c3a5b92b7d83c.1','val_acc',3,0.9246,'float',2,0.7286,0,0.9286,1);
INSERT INTO "metric" VALUES('t-6e947805f031f927.1','loss',1,2.3,'float',0,2.3,0,2.3,0);
INSERT INTO "metric" VALUES('t-6eaeb2d6173d04a3.1','loss',3,0.1986,'float',2,0.1986,2,1.0986,0);
INSERT INTO "metric" VALUES('t-6eaeb2d6173d04a3.1','test_acc',1,0.8914,'float',0,0.8914,0,0.8914,0);
INSERT INTO "metric" VALUES('t-6eaeb2d6173d04a3.1','val_acc',3,0.8974,'float',2,0.7014,0,0.9014,1);
INSERT INTO "metric" VALUES('t-71a0abac8f1e0dd2.1','loss',3,0.1978,'float',2,0.1978,2,1.0978,0);
INSERT INTO "metric" VALUES('t-71a0abac8f1e0dd2.1','test_acc',1,0.8922,'float',0,0.8922,0,0.8922,0);
INSERT INTO "metric" VALUES('t-71a0abac8f1e0dd2.1','val_acc',3,0.8982,'float',2,0.7022,0,0.9022,1);
INSERT INTO "metric" VALUES('t-9e76dbab792a17ca.1','loss',3,0.1924,'float',2,0.1924,2,1.0924,0);
INSERT INTO "metric" VALUES('t-9e76dbab792a17ca.1','test_acc',1,0.8976,'float',0,0.8976,0,0.8976,0);
INSERT INTO "metric" VALUES('t-9e76dbab792a17ca.1','val_acc',3,0.9036,'float',2,0.7076,0,0.9076,1);
INSERT INTO "metric" VALUES('t-c5de98b64366610b.1','loss',3,0.1883,'float',2,0.1883,2,1.0883,0);
INSERT INTO "metric" VALUES('t-c5de98b64366610b.1','test_acc',1,0.9017,'float',0,0.9017,0,0.9017,0);
INSERT INTO "metric" VALUES('t-c5de98b64366610b.1','val_acc',3,0.9077,'float',2,0.7117,0,0.9117,1);
INSERT INTO "metric" VALUES('t-c823b409c146ad6a.1','loss',3,0.1639,'float',2,0.1639,2,1.0639,0);
INSERT INTO "metric" VALUES('t-c823b409c146ad6a.1','test_acc',1,0.9261,'float',0,0.9261,0,0.9261,0);
INSERT INTO "metric" VALUES('t-c823b409c146ad6a.1','val_acc',3,0.9321,'float',2,0.7361,0,0.9361,1);
INSERT INTO "metric" VALUES('t-dc32b3ca9e7b30d3.1','loss',3,NULL,'nan',2,0.9,1,1.1,0);
INSERT INTO "metric" VALUES('t-dc32b3ca9e7b30d3.1','test_acc',1,0.8931,'float',0,0.8931,0,0.8931,0);
INSERT INTO "metric" VALUES('t-dc32b3ca9e7b30d3.1','val_acc',3,0.8991,'float',2,0.7031,0,0.9031,1);
INSERT INTO "metric" VALUES('t-de3fd8aa4c9c0140.1','loss',3,0.1885,'float',2,0.1885,2,1.0885,0);
INSERT INTO "metric" VALUES('t-de3fd8aa4c9c0140.1','test_acc',1,0.9015,'float',0,0.9015,0,0.9015,0);
INSERT INTO "metric" VALUES('t-de3fd8aa4c9c0140.1','val_acc',3,0.9075,'float',2,0.7115,0,0.9115,1);
INSERT INTO "metric" VALUES('t-e76dc58eff064779.1','loss',1,1.0627,'float',0,1.0627,0,1.0627,0);
INSERT INTO "metric" VALUES('t-e76dc58eff064779.1','val_acc',1,0.7373,'float',0,0.7373,0,0.7373,0);
INSERT INTO "metric" VALUES('t-e76dc58eff064779.2','loss',3,0.1627,'float',2,0.1627,2,1.0627,0);
INSERT INTO "metric" VALUES('t-e76dc58eff064779.2','test_acc',1,0.9273,'float',2,0.9273,2,0.9273,2);
INSERT INTO "metric" VALUES('t-e76dc58eff064779.2','val_acc',3,0.9333,'float',2,0.7373,0,0.9373,1);
INSERT INTO "metric" VALUES('t-e882a4c84218f95f.1','loss',3,0.1693,'float',2,0.1693,2,1.0693,0);
INSERT INTO "metric" VALUES('t-e882a4c84218f95f.1','test_acc',1,0.9207,'float',0,0.9207,0,0.9207,0);
INSERT INTO "metric" VALUES('t-e882a4c84218f95f.1','val_acc',3,0.9267,'float',2,0.7307,0,0.9307,1);
INSERT INTO "metric" VALUES('t-f3013f933b9fb80a.1','val_acc',1,0.5,'float',0,0.5,0,0.5,0);
CREATE TABLE origin (
  id TEXT PRIMARY KEY, host TEXT NOT NULL, user TEXT NOT NULL, created REAL NOT NULL, own INTEGER NOT NULL
);
INSERT INTO "origin" VALUES('4e3e0e59190cc19d325afc79e9295f5c','vm','root',1780000000.0,1);
CREATE TABLE structure (
  id TEXT PRIMARY KEY, conf TEXT NOT NULL, choices TEXT NOT NULL, unresolved TEXT NOT NULL,
  resolved TEXT NOT NULL
);
INSERT INTO "structure" VALUES('29365ba1bcda5064a987d6568f7fed3b7d3db2fb08cf33cb2919f1066a63635b','resnet','{"model": "resnet8"}','{"recipe": "resnet", "seed": 0, "metric": "val_acc", "mode": "max", "epochs": 3, "model": {"name": "resnet", "depth": 8}, "optim": {"name": "sgd", "lr": 0.1}, "data": {"name": "digits", "root": "${oc.env:DATA_ROOT,data}"}}','{"recipe": "resnet", "seed": 0, "metric": "val_acc", "mode": "max", "epochs": 3, "model": {"name": "resnet", "depth": 8}, "optim": {"name": "sgd", "lr": 0.1}, "data": {"name": "digits", "root": "${oc.env:DATA_ROOT,data}"}}');
CREATE TABLE sweep (
  id TEXT PRIMARY KEY, conf TEXT NOT NULL, recipe TEXT NOT NULL, metric TEXT NOT NULL, mode TEXT NOT NULL,
  executor TEXT NOT NULL, state TEXT NOT NULL, total INTEGER NOT NULL, epoch INTEGER NOT NULL DEFAULT 0,
  controller_host TEXT, controller_pid INTEGER, stop_requested INTEGER NOT NULL DEFAULT 0,
  planned REAL NOT NULL, started REAL, ended REAL, user TEXT, git_commit TEXT, git_branch TEXT,
  spec TEXT NOT NULL, provenance TEXT NOT NULL
);
INSERT INTO "sweep" VALUES('s-15fff81e0f15','resnet','resnet','val_acc','max','local','done',12,1,'sample-host',4120,0,1780000000.5,1780000001.0,1780000015.25,'ada','3f786850e387550fdab836ed7e6dc881de23001b','main','{"executor": {"name": "local", "slots": 2}, "budget": {"trials": null, "hours": null}}','{"git": {"commit": "3f786850e387550fdab836ed7e6dc881de23001b", "branch": "main", "dirty": false}, "code": {"digest": "89e6c98d92887913cadf06b2adb97f26cde4849b", "files": {"recipes/resnet.py": "1a"}}, "argv": ["agil", "sweep", "conf=resnet"], "user": "ada", "host": "sample-host", "python": "3.11.7", "agilml": "0.1.0", "packages": {"torch": "2.13.0", "numpy": "2.3.0"}}');
INSERT INTO "sweep" VALUES('s-abababababab','mlp','mlp','val_acc','max','local','running',2,1,'sample-host',7,0,1.79520325746676254275e+09,1.79520325746749544138e+09,NULL,'ada','3f786850e387550fdab836ed7e6dc881de23001b','main','{"executor": {"name": "local", "slots": 2}, "budget": {"trials": 4, "hours": null}, "search": {"space": {}}}','{"git": {"commit": "3f786850e387550fdab836ed7e6dc881de23001b", "branch": "main", "dirty": false}, "code": {"digest": "89e6c98d92887913cadf06b2adb97f26cde4849b", "files": {"recipes/resnet.py": "1a"}}, "argv": ["agil", "sweep", "conf=resnet"], "user": "ada", "host": "sample-host", "python": "3.11.7", "agilml": "0.1.0", "packages": {"torch": "2.13.0", "numpy": "2.3.0"}}');
CREATE TABLE sweep_trial (
  sweep TEXT NOT NULL, idx INTEGER NOT NULL, trial TEXT NOT NULL, params TEXT NOT NULL,
  kept INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (sweep, idx)
) WITHOUT ROWID;
INSERT INTO "sweep_trial" VALUES('s-15fff81e0f15',0,'t-9e76dbab792a17ca','{"optim.lr": 0.05, "model.depth": 8, "seed": 0}',0);
INSERT INTO "sweep_trial" VALUES('s-15fff81e0f15',1,'t-e76dc58eff064779','{"optim.lr": 0.05, "model.depth": 14, "seed": 0}',0);
INSERT INTO "sweep_trial" VALUES('s-15fff81e0f15',2,'t-dc32b3ca9e7b30d3','{"optim.lr": 0.2, "model.depth": 8, "seed": 0}',0);
INSERT INTO "sweep_trial" VALUES('s-15fff81e0f15',3,'t-6e947805f031f927','{"optim.lr": 0.2, "model.depth": 14, "seed": 0}',0);
INSERT INTO "sweep_trial" VALUES('s-15fff81e0f15',4,'t-de3fd8aa4c9c0140','{"optim.lr": 0.05, "model.depth": 8, "seed": 1}',0);
INSERT INTO "sweep_trial" VALUES('s-15fff81e0f15',5,'t-c823b409c146ad6a','{"optim.lr": 0.05, "model.depth": 14, "seed": 1}',0);
INSERT INTO "sweep_trial" VALUES('s-15fff81e0f15',6,'t-71a0abac8f1e0dd2','{"optim.lr": 0.2, "model.depth": 8, "seed": 1}',0);
INSERT INTO "sweep_trial" VALUES('s-15fff81e0f15',7,'t-3f4c3a5b92b7d83c','{"optim.lr": 0.2, "model.depth": 14, "seed": 1}',0);
INSERT INTO "sweep_trial" VALUES('s-15fff81e0f15',8,'t-c5de98b64366610b','{"optim.lr": 0.05, "model.depth": 8, "seed": 2}',0);
INSERT INTO "sweep_trial" VALUES('s-15fff81e0f15',9,'t-0c397dd8bfa540ef','{"optim.lr": 0.05, "model.depth": 14, "seed": 2}',0);
INSERT INTO "sweep_trial" VALUES('s-15fff81e0f15',10,'t-6eaeb2d6173d04a3','{"optim.lr": 0.2, "model.depth": 8, "seed": 2}',0);
INSERT INTO "sweep_trial" VALUES('s-15fff81e0f15',11,'t-e882a4c84218f95f','{"optim.lr": 0.2, "model.depth": 14, "seed": 2}',0);
INSERT INTO "sweep_trial" VALUES('s-abababababab',0,'t-f3013f933b9fb80a','{"optim.lr": 0.1}',0);
INSERT INTO "sweep_trial" VALUES('s-abababababab',1,'t-2bfd14f43d17fc7c','{"optim.lr": 0.2}',0);
CREATE TABLE tag (
  target TEXT NOT NULL, tag TEXT NOT NULL, by TEXT NOT NULL, at REAL NOT NULL, PRIMARY KEY (target, tag)
) WITHOUT ROWID;
INSERT INTO "tag" VALUES('t-9e76dbab792a17ca','baseline','ada',1780000015.5);
CREATE TABLE trial (
  id TEXT PRIMARY KEY, structure TEXT NOT NULL, delta TEXT NOT NULL,
  state TEXT NOT NULL, attempt TEXT, attempts INTEGER NOT NULL DEFAULT 0, counted INTEGER NOT NULL DEFAULT 0,
  lost INTEGER NOT NULL DEFAULT 0,
  cancel_requested INTEGER NOT NULL DEFAULT 0, planned REAL NOT NULL, started REAL, ended REAL
, reason TEXT);
INSERT INTO "trial" VALUES('t-9e76dbab792a17ca','29365ba1bcda5064a987d6568f7fed3b7d3db2fb08cf33cb2919f1066a63635b','{"optim.lr": 0.05, "model.depth": 8, "seed": 0}','succeeded','t-9e76dbab792a17ca.1',1,0,0,0,1780000000.75,1780000001.25,1780000002.0,NULL);
INSERT INTO "trial" VALUES('t-e76dc58eff064779','29365ba1bcda5064a987d6568f7fed3b7d3db2fb08cf33cb2919f1066a63635b','{"optim.lr": 0.05, "model.depth": 14, "seed": 0}','succeeded','t-e76dc58eff064779.2',2,0,0,0,1780000000.75,1780000002.25,1780000004.75,NULL);
INSERT INTO "trial" VALUES('t-dc32b3ca9e7b30d3','29365ba1bcda5064a987d6568f7fed3b7d3db2fb08cf33cb2919f1066a63635b','{"optim.lr": 0.2, "model.depth": 8, "seed": 0}','succeeded','t-dc32b3ca9e7b30d3.1',1,0,0,0,1780000000.75,1780000005.0,1780000006.0,NULL);
INSERT INTO "trial" VALUES('t-6e947805f031f927','29365ba1bcda5064a987d6568f7fed3b7d3db2fb08cf33cb2919f1066a63635b','{"optim.lr": 0.2, "model.depth": 14, "seed": 0}','failed','t-6e947805f031f927.1',1,1,0,0,1780000000.75,1780000006.25,1780000007.0,NULL);
INSERT INTO "trial" VALUES('t-de3fd8aa4c9c0140','29365ba1bcda5064a987d6568f7fed3b7d3db2fb08cf33cb2919f1066a63635b','{"optim.lr": 0.05, "model.depth": 8, "seed": 1}','succeeded','t-de3fd8aa4c9c0140.1',1,0,0,0,1780000000.75,1780000007.25,1780000008.0,NULL);
INSERT INTO "trial" VALUES('t-c823b409c146ad6a','29365ba1bcda5064a987d6568f7fed3b7d3db2fb08cf33cb2919f1066a63635b','{"optim.lr": 0.05, "model.depth": 14, "seed": 1}','succeeded','t-c823b409c146ad6a.1',1,0,0,0,1780000000.75,1780000008.25,1780000009.0,NULL);
INSERT INTO "trial" VALUES('t-71a0abac8f1e0dd2','29365ba1bcda5064a987d6568f7fed3b7d3db2fb08cf33cb2919f1066a63635b','{"optim.lr": 0.2, "model.depth": 8, "seed": 1}','succeeded','t-71a0abac8f1e0dd2.1',1,0,0,0,1780000000.75,1780000009.25,1780000010.0,NULL);
INSERT INTO "trial" VALUES('t-3f4c3a5b92b7d83c','29365ba1bcda5064a987d6568f7fed3b7d3db2fb08cf33cb2919f1066a63635b','{"optim.lr": 0.2, "model.depth": 14, "seed": 1}','succeeded','t-3f4c3a5b92b7d83c.1',1,0,0,0,1780000000.75,1780000010.25,1780000011.0,NULL);
INSERT INTO "trial" VALUES('t-c5de98b64366610b','29365ba1bcda5064a987d6568f7fed3b7d3db2fb08cf33cb2919f1066a63635b','{"optim.lr": 0.05, "model.depth": 8, "seed": 2}','succeeded','t-c5de98b64366610b.1',1,0,0,0,1780000000.75,1780000011.25,1780000012.0,NULL);
INSERT INTO "trial" VALUES('t-0c397dd8bfa540ef','29365ba1bcda5064a987d6568f7fed3b7d3db2fb08cf33cb2919f1066a63635b','{"optim.lr": 0.05, "model.depth": 14, "seed": 2}','succeeded','t-0c397dd8bfa540ef.1',1,0,0,0,1780000000.75,1780000012.25,1780000013.0,NULL);
INSERT INTO "trial" VALUES('t-6eaeb2d6173d04a3','29365ba1bcda5064a987d6568f7fed3b7d3db2fb08cf33cb2919f1066a63635b','{"optim.lr": 0.2, "model.depth": 8, "seed": 2}','succeeded','t-6eaeb2d6173d04a3.1',1,0,0,0,1780000000.75,1780000013.25,1780000014.0,NULL);
INSERT INTO "trial" VALUES('t-e882a4c84218f95f','29365ba1bcda5064a987d6568f7fed3b7d3db2fb08cf33cb2919f1066a63635b','{"optim.lr": 0.2, "model.depth": 14, "seed": 2}','succeeded','t-e882a4c84218f95f.1',1,0,0,0,1780000000.75,1780000014.25,1780000015.0,NULL);
INSERT INTO "trial" VALUES('t-f3013f933b9fb80a','29365ba1bcda5064a987d6568f7fed3b7d3db2fb08cf33cb2919f1066a63635b','{"optim.lr": 0.1}','succeeded','t-f3013f933b9fb80a.1',1,0,0,0,1.79520325746793770792e+09,1.79520325746805095674e+09,1.79520325746809601783e+09,NULL);
INSERT INTO "trial" VALUES('t-2bfd14f43d17fc7c','29365ba1bcda5064a987d6568f7fed3b7d3db2fb08cf33cb2919f1066a63635b','{"optim.lr": 0.2}','pruned','t-2bfd14f43d17fc7c.1',1,0,0,0,1.7952032574682936668e+09,1.79520325746833109854e+09,1.79520325746842217447e+09,NULL);
CREATE TABLE warning (attempt TEXT NOT NULL, at REAL NOT NULL, text TEXT NOT NULL);
INSERT INTO "warning" VALUES('t-dc32b3ca9e7b30d3.1',1780000005.75,'loss is NaN at step 2');
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE INDEX fact_points ON fact (subject, seq) WHERE kind = 'metrics.logged';
CREATE INDEX sweep_planned ON sweep (planned);
CREATE INDEX sweep_branch ON sweep (git_branch, planned);
CREATE INDEX trial_planned ON trial (planned);
CREATE INDEX sweep_trial_trial ON sweep_trial (trial);
CREATE INDEX checkpoint_trial ON checkpoint (trial, step);
CREATE INDEX warning_attempt ON warning (attempt);
CREATE INDEX tag_tag ON tag (tag);
CREATE VIEW metric_point AS
  SELECT fact.subject AS attempt, series.key AS name,
         json_extract(series.value, '$[0][' || point.key || ']') AS step,
         point.value AS value,
         json_extract(series.value, '$[2][' || point.key || ']') AS seconds
    FROM fact, json_each(fact.body, '$.series') AS series, json_each(series.value, '$[1]') AS point
   WHERE fact.kind = 'metrics.logged';
CREATE INDEX attempt_sweep ON attempt (sweep);
CREATE INDEX attempt_open ON attempt (sweep) WHERE state IN ('leased', 'started');
CREATE INDEX decision_trial ON decision (trial);
COMMIT;
