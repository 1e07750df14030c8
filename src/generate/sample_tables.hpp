// This file has the facts of the sample catalog as tables: projects, vaults, policies, machines, manual backups.
#pragma once

#include "generate/generator.hpp"
#include "generate/record.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <string_view>

namespace catalog::generate::sample_tables {

// One row is one line where it fits: clang-format would give each field its own.
// clang-format off

inline constexpr std::uint64_t sample_seed = 20261123;

constexpr microseconds at(int year, unsigned month, unsigned day_of_month, int hours = 0, int minutes = 0,
                          int seconds = 0) {
    const auto date = std::chrono::sys_days(std::chrono::year(year) / std::chrono::month(month) / std::chrono::day(day_of_month));
    return date.time_since_epoch().count() * day + hours * hour + minutes * minute + seconds * second;
}

inline constexpr microseconds now = at(2026, 11, 23, 9, 41, 7);       // when the sample was "taken"
inline constexpr microseconds chains_known = at(2025, 9, 1);          // older backups don't know whether they are incremental
inline constexpr microseconds vault_full_night = at(2026, 10, 18);    // the finance vault was full: its backups failed
inline constexpr microseconds storage_incident = at(2026, 11, 11, 1); // some failures in zone b

inline constexpr std::string_view home_region = "br-iaas-odin1";
inline constexpr std::string_view far_region = "br-iaas-odin2";
inline constexpr std::string_view far_project_id = "2ad47f10c9e84b35a6f0e1d8735b9c42"; // the company's project in far_region

// ---------------------------------------------------------------------------------------------------------------------
// The company's projects, enterprise projects, vaults and policies

struct project_row {
    std::string_view id;
    std::uint32_t extra_manual; // manual backups beyond those written out below
};
enum project_number : std::uint8_t { production, staging, shop, research, archive };
inline constexpr std::array projects{
    project_row{main_project_id, 150},
    project_row{"5f1c0e8f3b0d4d6f9a2b7c1e4d8a9b03", 60},
    project_row{"9b2d6c4a8e7f4b1c8d3e5f6a7b8c9d0e", 30},
    project_row{"c7a1e2d94b6f48359e0d17b28f3a6c54", 20},
    project_row{"e4f09b7d2c8145a6b3d6f1a0975c2e8b", 0},
};

enum enterprise_number : std::uint8_t { standard, core, finance, office };
inline constexpr std::array<std::string_view, 4> enterprise_projects{
    "0",
    "b7e3c1d0-5a2f-4e8b-9c64-1f0d2a7b8e95",
    "3f9a6c28-71d4-4b0e-8a53-c6e2f7d91b40",
    "d41c8b7a-0e96-4f53-b2a8-95e7360fca1d",
};

enum vault_number : std::uint8_t {
    v_servers, v_disks, v_databases, v_finance, v_k8s, v_office, v_files, v_desktops, v_onprem, v_incoming,
    v_images, v_staging, v_staging_disks, v_load_test, v_from_production, v_shop, v_shop_db, v_shop_images,
    v_research, v_datasets, v_research_trial, v_dr, v_dr_finance, v_long_term, vault_count,
};
struct vault_row {
    project_number owner;
    std::string_view name;
    std::uint32_t used_per_mille;
    std::string_view id = {}; // empty: a random one
};
inline constexpr std::array<vault_row, vault_count> vaults{{
    {production, "vault-odin-servers", 712, "cca85ea5-00a4-418d-9222-bd83985bc515"}, // of the reference document
    {production, "vault-odin-disks", 486, "79bd9daa-884f-4f84-b8fe-235d58cd927d"},   // this one too
    {production, "vault-databases", 874},
    {production, "财务-存储库", 980},
    {production, "vault-k8s", 333},
    {production, "vault-office", 561},
    {production, "vault-sfs-turbo", 658},
    {production, "vault-desktops", 127},
    {production, "vault-onprem-idc", 407},
    {production, "vault-replica-odin2", 246},
    {production, "vault-golden-images", 64},
    {staging, "vault-staging", 532},
    {staging, "vault-staging-disks", 295},
    {staging, "vault-8f2c", 30},
    {staging, "vault-shared-from-prod", 181},
    {shop, "vault-shop", 783},
    {shop, "vault-shop-db", 916},
    {shop, "vault-c41d", 92},
    {research, "vault-research", 445},
    {research, "vault-datasets", 948},
    {research, "vault-trial", 46},
    {archive, "vault-dr-replica", 616},
    {archive, "vault-dr-finance", 379},
    {archive, "vault-long-term", 827},
}};

enum class period : std::uint8_t { six_hours, daily, weekly, monthly };
struct policy_row {
    period every;
    int hours, minutes;
    unsigned weekday; // 0 = Sunday; of weekly ones
    int keep_runs;
    int keep_days; // 0: the policy keeps a number of backups, which have no date of expiry
    int full_every;
    bool replicates;
};
enum policy_number : std::uint8_t {
    p_daily, p_daily_long, p_database, p_database_6h, p_finance, p_weekly, p_weekly_k8s, p_monthly, p_files,
    p_desktop, p_staging_daily, p_staging_weekly, p_shop_daily, p_shop_db, p_research_weekly, p_research_monthly,
    p_incoming, p_dr_daily, p_dr_monthly, policy_count,
};
inline constexpr std::array<policy_row, policy_count> policies{{
    {period::daily, 1, 0, 0, 14, 14, 7, false},       // p_daily
    {period::daily, 2, 30, 0, 30, 30, 10, false},     // p_daily_long
    {period::daily, 22, 0, 0, 21, 21, 7, true},       // p_database
    {period::six_hours, 0, 15, 0, 29, 7, 28, false},  // p_database_6h
    {period::daily, 19, 30, 0, 45, 45, 15, true},     // p_finance
    {period::weekly, 3, 0, 0, 13, 91, 4, false},      // p_weekly
    {period::weekly, 4, 30, 6, 8, 0, 4, false},       // p_weekly_k8s
    {period::monthly, 4, 0, 0, 30, 1096, 6, true},    // p_monthly
    {period::daily, 23, 15, 0, 14, 0, 14, false},     // p_files
    {period::weekly, 12, 0, 5, 12, 90, 6, false},     // p_desktop
    {period::daily, 3, 20, 0, 14, 14, 5, false},      // p_staging_daily
    {period::weekly, 5, 0, 0, 8, 56, 4, false},       // p_staging_weekly
    {period::daily, 4, 45, 0, 14, 14, 7, false},      // p_shop_daily
    {period::daily, 5, 10, 0, 30, 30, 10, false},     // p_shop_db
    {period::weekly, 6, 30, 0, 13, 91, 13, false},    // p_research_weekly
    {period::monthly, 7, 0, 0, 14, 0, 1, false},      // p_research_monthly
    {period::daily, 1, 40, 0, 14, 14, 7, false},      // p_incoming
    {period::daily, 21, 10, 0, 12, 12, 6, false},     // p_dr_daily
    {period::monthly, 20, 0, 0, 18, 1826, 1, false},  // p_dr_monthly
}};

// ---------------------------------------------------------------------------------------------------------------------
// The protected machines

using enum resource_type;

enum flag : std::uint32_t {
    windows = 1, arm = 2, encrypted = 4, dedicated = 8, incoming = 16, agent = 32, golden = 64, no_zone = 128,
    multi_az = 256, system_volume = 512,
};
struct machine_row {
    project_number owner;
    std::string_view name; // a trailing '#' becomes 01, 02, … up to `count`
    int count;
    resource_type type;
    char zone;
    std::array<std::uint16_t, 5> disks; // GB, until the first 0; the first one is the system's
    enterprise_number enterprise;
    vault_number kept_in;
    std::array<std::int8_t, 3> by; // policies, until the first -1
    std::uint32_t flags = 0;
};
inline constexpr std::int8_t none = -1;
inline constexpr std::array machines{
    // production: web tier and platform
    machine_row{production, "web-prod-#", 6, server, 'a', {40}, core, v_servers, {p_daily, none}},
    machine_row{production, "api-prod-#", 4, server, 'a', {40, 100}, core, v_servers, {p_daily, p_weekly, none}},
    machine_row{production, "lb-prod-#", 2, server, 'a', {40}, core, v_servers, {p_weekly, none}},
    machine_row{production, "mq-prod-#", 3, server, 'a', {40, 200}, core, v_servers, {p_daily, none}},
    machine_row{production, "order-svc-#", 3, server, 'a', {40, 100}, core, v_servers, {p_daily, none}, agent},
    machine_row{production, "test001-02", 1, server, 'a', {40}, standard, v_servers, {none}},
    machine_row{production, "k8s-master-#", 3, server, 'a', {60}, core, v_k8s, {p_weekly_k8s, none}},
    machine_row{production, "k8s-worker-#", 12, server, 'a', {60, 200}, core, v_k8s, {p_weekly_k8s, none}},
    machine_row{production, "es-data-#", 3, server, 'a', {40, 1000, 1000}, core, v_servers, {p_weekly, none}, arm},
    machine_row{production, "kafka-#", 3, server, 'a', {40, 800}, core, v_servers, {p_weekly, none}, arm},
    // production: databases
    machine_row{production, "pg-primary", 1, server, 'a', {60, 500, 500, 100}, core, v_databases,
                {p_database, p_monthly, none}, agent | encrypted},
    machine_row{production, "pg-replica-1", 1, server, 'b', {60, 500, 500, 100}, core, v_databases, {p_database, none},
                encrypted},
    machine_row{production, "pg-replica-2", 1, server, 'c', {60, 500, 500, 100}, core, v_databases, {p_weekly, none},
                encrypted},
    machine_row{production, "redis-prod-#", 3, server, 'a', {40, 60}, core, v_databases, {p_weekly, none}},
    machine_row{production, "mysql-order-0", 1, server, 'b', {40, 600}, core, v_databases, {p_database, none}, agent},
    machine_row{production, "pg-primary-data01", 1, volume, 'a', {500}, core, v_databases, {p_database_6h, none},
                encrypted},
    machine_row{production, "pg-primary-wal", 1, volume, 'a', {100}, core, v_databases, {p_database_6h, none},
                encrypted},
    machine_row{production, "mysql-order-0-volume-0001", 1, volume, 'b', {600}, core, v_databases,
                {p_database_6h, none}},
    // production: finance and ERP
    machine_row{production, "erp-app-#", 2, server, 'a', {80, 200}, finance, v_finance, {p_daily, none},
                windows | agent | dedicated},
    machine_row{production, "erp-db", 1, server, 'a', {100, 300, 300, 300, 300}, finance, v_finance,
                {p_finance, p_monthly, none}, agent | encrypted | dedicated},
    machine_row{production, "财务数据库-主", 1, server, 'a', {60, 400}, finance, v_finance,
                {p_finance, p_monthly, none}, agent | encrypted},
    machine_row{production, "财务数据库-备", 1, server, 'b', {60, 400}, finance, v_finance, {p_finance, none},
                encrypted},
    machine_row{production, "财务数据库-主-volume-0001", 1, volume, 'a', {400}, finance, v_finance,
                {p_daily_long, none}, encrypted},
    machine_row{production, "税务申报-#", 2, server, 'b', {80}, finance, v_finance, {p_daily, none}, windows | agent},
    machine_row{production, "bms-oracle-#", 2, bare_metal, 'c', {1200}, finance, v_finance, {p_weekly, none},
                dedicated | agent},
    // production: office and tools
    machine_row{production, "win-ad-#", 2, server, 'a', {80}, office, v_office, {p_daily_long, none}, windows | agent},
    machine_row{production, "win-file-01", 1, server, 'b', {80, 2000}, office, v_office, {p_daily_long, none},
                windows | agent},
    machine_row{production, "mail-gw-01", 1, server, 'a', {60}, office, v_office, {p_weekly, none}},
    machine_row{production, "oa-server", 1, server, 'b', {80, 300}, office, v_office, {p_daily, p_monthly, none},
                windows},
    machine_row{production, "hr-portal", 1, server, 'c', {40, 100}, office, v_office, {p_weekly, none}},
    machine_row{production, "vpn-gw-01", 1, server, 'a', {40}, standard, v_servers, {p_weekly, none}},
    machine_row{production, "bastion", 1, server, 'a', {40}, standard, v_servers, {p_weekly, none}},
    machine_row{production, "jenkins", 1, server, 'b', {80, 300}, standard, v_servers, {p_daily, none}},
    machine_row{production, "gitlab", 1, server, 'b', {60, 500}, standard, v_servers, {p_daily_long, p_monthly, none},
                agent},
    machine_row{production, "harbor", 1, server, 'c', {40, 1000}, standard, v_servers, {p_weekly, none}},
    machine_row{production, "prometheus-01", 1, server, 'c', {40, 500}, standard, v_servers, {p_weekly, none}},
    // production: single disks, file systems, desktops, machines of the company's own computer room
    machine_row{production, "qsy_000", 1, volume, 'a', {40}, standard, v_disks, {none}},
    machine_row{production, "gitlab-volume-0001", 1, volume, 'b', {500}, standard, v_disks, {p_daily_long, none}},
    machine_row{production, "jenkins-volume-0001", 1, volume, 'b', {300}, standard, v_disks, {p_daily, none}},
    machine_row{production, "win-file-01-volume-0001", 1, volume, 'b', {2000}, office, v_disks, {p_daily_long, none}},
    machine_row{production, "web-prod-01-volume-0000", 1, volume, 'a', {40}, core, v_disks, {p_daily, none},
                system_volume},
    machine_row{production, "nexus-blobs", 1, volume, 'c', {800}, standard, v_disks, {p_daily, p_monthly, none}},
    machine_row{production, "legacy-crm-volume-0000", 1, volume, 'c', {80}, office, v_disks, {p_monthly, none},
                system_volume},
    machine_row{production, "订单归档盘-#", 2, volume, 'a', {1000}, core, v_disks, {p_weekly, p_monthly, none}},
    machine_row{production, "sfs-turbo-home", 1, turbo, 'a', {1228}, office, v_files, {p_files, none}},
    machine_row{production, "sfs-turbo-render", 1, turbo, 'b', {3686}, core, v_files, {p_files, none}, multi_az},
    machine_row{production, "合同扫描件", 1, turbo, 'a', {500}, finance, v_files, {p_files, p_monthly, none}, multi_az},
    machine_row{production, "desktop-liwei", 1, desktop, 'a', {80, 100}, office, v_desktops, {p_desktop, none},
                windows},
    machine_row{production, "desktop-zhangmin", 1, desktop, 'a', {80, 100}, office, v_desktops, {p_desktop, none},
                windows},
    machine_row{production, "desktop-silva-r", 1, desktop, 'b', {80, 50}, office, v_desktops, {p_desktop, none},
                windows},
    machine_row{production, "vdi-finance-#", 3, desktop, 'b', {80, 50}, finance, v_desktops, {p_desktop, none},
                windows | encrypted},
    machine_row{production, "idc-sap-hana", 1, native, 'a', {2048}, finance, v_onprem, {p_daily, none},
                no_zone | agent},
    machine_row{production, "idc-vcenter-#", 2, native, 'a', {400}, standard, v_onprem, {p_weekly, none}, no_zone},
    machine_row{production, "branch-pos-gw", 1, server, 'a', {40}, core, v_incoming, {p_incoming, none}, incoming},
    machine_row{production, "branch-db-1", 1, server, 'b', {40, 300}, core, v_incoming, {p_incoming, none}, incoming},
    machine_row{production, "branch-db-1-volume-0001", 1, volume, 'b', {300}, core, v_incoming, {p_incoming, none},
                incoming},
    machine_row{production, "golden-ubuntu-22.04", 1, server, 'a', {40}, standard, v_images, {none}, golden},
    machine_row{production, "golden-win2022", 1, server, 'a', {60}, standard, v_images, {none}, golden | windows},
    // staging
    machine_row{staging, "web-stg-#", 3, server, 'a', {40}, core, v_staging, {p_staging_daily, none}},
    machine_row{staging, "api-stg-#", 3, server, 'b', {40, 100}, core, v_staging,
                {p_staging_daily, p_staging_weekly, none}},
    machine_row{staging, "pg-stg", 1, server, 'a', {60, 300}, core, v_staging,
                {p_staging_daily, p_staging_weekly, none}, agent},
    machine_row{staging, "pg-stg-volume-0001", 1, volume, 'a', {300}, core, v_staging_disks, {p_staging_daily, none}},
    machine_row{staging, "k8s-stg-#", 6, server, 'b', {60, 100}, core, v_staging, {p_staging_weekly, none}},
    machine_row{staging, "uat-erp", 1, server, 'a', {80, 300}, finance, v_staging, {p_staging_daily, none},
                windows | agent},
    machine_row{staging, "测试环境-#", 4, server, 'a', {40}, standard, v_staging, {p_staging_weekly, none}},
    machine_row{staging, "ci-runner-#", 5, volume, 'b', {100}, standard, v_staging_disks, {p_staging_weekly, none},
                system_volume},
    machine_row{staging, "loadgen-#", 2, server, 'b', {40}, standard, v_load_test, {p_staging_weekly, none}},
    machine_row{staging, "dev-desktop-anna", 1, desktop, 'a', {80}, office, v_staging, {p_staging_weekly, none},
                windows},
    machine_row{staging, "stg-shared-nfs", 1, turbo, 'a', {500}, standard, v_staging_disks, {p_staging_daily, none}},
    // shop
    machine_row{shop, "shop-web-#", 3, server, 'a', {40}, core, v_shop, {p_shop_daily, none}},
    machine_row{shop, "shop-cart", 1, server, 'b', {40, 60}, core, v_shop, {p_shop_daily, none}},
    machine_row{shop, "shop-search", 1, server, 'b', {40, 200}, core, v_shop, {p_shop_daily, none}, arm},
    machine_row{shop, "shop-db-master", 1, server, 'a', {60, 800, 200}, core, v_shop_db, {p_shop_db, none},
                agent | encrypted},
    machine_row{shop, "shop-db-slave", 1, server, 'b', {60, 800, 200}, core, v_shop_db, {p_shop_db, none}, encrypted},
    machine_row{shop, "shop-db-master-volume-0001", 1, volume, 'a', {800}, core, v_shop_db, {p_shop_db, none},
                encrypted},
    machine_row{shop, "商品图片", 1, turbo, 'a', {2457}, core, v_shop_images, {p_shop_daily, none}},
    machine_row{shop, "pay-gateway", 1, server, 'c', {40}, finance, v_shop, {p_shop_db, none}, encrypted | dedicated},
    // research
    machine_row{research, "gpu-train-#", 4, server, 'c', {100, 1000}, standard, v_research, {p_research_weekly, none}},
    machine_row{research, "bms-hpc-#", 2, bare_metal, 'c', {1800}, standard, v_research, {p_research_monthly, none}},
    machine_row{research, "jupyterhub", 1, server, 'b', {60, 500}, standard, v_research, {p_research_weekly, none},
                arm},
    machine_row{research, "slurm-ctl", 1, server, 'c', {60}, standard, v_research, {p_research_weekly, none}},
    machine_row{research, "模型训练数据集", 1, turbo, 'c', {10'240}, standard, v_datasets, {p_research_monthly, none},
                multi_az},
    machine_row{research, "genome-raw-#", 3, volume, 'c', {4096}, standard, v_datasets, {p_research_monthly, none}},
    machine_row{research, "trial-vm-7", 1, server, 'b', {40}, office, v_research_trial, {p_research_weekly, none}},
    // archive: what far_region replicates here
    machine_row{archive, "odin2-pg-primary", 1, server, 'a', {60, 500}, core, v_dr, {p_dr_daily, p_dr_monthly, none},
                incoming | encrypted},
    machine_row{archive, "odin2-erp-db", 1, server, 'b', {100, 300, 300}, finance, v_dr_finance,
                {p_dr_daily, p_dr_monthly, none}, incoming},
    machine_row{archive, "odin2-web-#", 2, server, 'a', {40}, core, v_dr, {p_dr_daily, none}, incoming},
    machine_row{archive, "odin2-账务归档", 1, volume, 'b', {2000}, finance, v_long_term, {p_dr_monthly, none},
                incoming},
};

// ---------------------------------------------------------------------------------------------------------------------
// Manual backups that people made for a reason

struct manual_row {
    project_number owner;
    std::string_view machine;
    microseconds created_at;
    std::string_view name;
    std::string_view description = {};
    backup_status status = backup_status::available;
    int keep_days = 0;
};
using enum backup_status;
inline constexpr std::array manuals{
    manual_row{production, "erp-db", at(2026, 11, 6, 13, 2, 11), "before-upgrade 2.4.1",
                "ERP 2.4.0 -> 2.4.1, change CHG-30417", available, 90},
    manual_row{production, "erp-app-01", at(2026, 11, 6, 13, 5, 48), "before-upgrade 2.4.1",
                "ERP 2.4.0 -> 2.4.1, change CHG-30417", available, 90},
    manual_row{production, "erp-app-02", at(2026, 11, 6, 13, 5, 48), "before-upgrade 2.4.1",
                "ERP 2.4.0 -> 2.4.1, change CHG-30417", available, 90},
    manual_row{production, "erp-db", at(2026, 6, 12, 12, 40, 3), "before-upgrade 2.4.0",
                "ERP 2.3.7 -> 2.4.0, change CHG-27755"},
    manual_row{production, "erp-db", at(2025, 3, 7, 14, 11, 37), "before-upgrade 2.3", ""},
    manual_row{production, "pg-primary", at(2026, 9, 19, 20, 31, 9), "pg_upgrade 14->15",
                "Keep until the replica has been rebuilt."},
    manual_row{production, "pg-primary", at(2026, 9, 20, 2, 14, 55), "after pg_upgrade (100% verified)",
                "amcheck: no findings"},
    manual_row{production, "pg-primary-data01", at(2026, 9, 19, 20, 33, 40), "data01_before_reindex", ""},
    manual_row{production, "财务数据库-主", at(2026, 10, 31, 15, 58, 20), "月末结账_2026-10",
                "十月结账前的手动备份，保留三年", available, 1096},
    manual_row{production, "财务数据库-主", at(2026, 9, 30, 15, 57, 2), "月末结账_2026-09",
                "九月结账前的手动备份，保留三年", available, 1096},
    manual_row{production, "财务数据库-主", at(2026, 8, 31, 15, 59, 31), "月末结账_2026-08",
                "八月结账前的手动备份，保留三年", available, 1096},
    manual_row{production, "财务数据库-主", at(2026, 7, 31, 16, 3, 45), "月末结账_2026-07",
                "七月结账前的手动备份，保留三年", available, 1096},
    manual_row{production, "财务数据库-主", at(2025, 12, 31, 16, 20, 0), "年终结账 2025", "", available, 1826},
    manual_row{production, "税务申报-01", at(2026, 10, 14, 11, 20, 16), "申报前\\10月", "报税系统 10 月申报"},
    manual_row{production, "win-ad-01", at(2026, 11, 12, 18, 4, 27), "before KB5046616", "Patch Tuesday"},
    manual_row{production, "win-ad-02", at(2026, 11, 12, 18, 4, 27), "before KB5046616", "Patch Tuesday"},
    manual_row{production, "win-file-01", at(2026, 8, 3, 17, 22, 51), "D:\\Shares \"Legal\" hold",
                "Legal hold 2026-118: do not delete."},
    manual_row{production, "win-file-01", at(2026, 5, 21, 16, 45, 12), "C:\\ 95% full, before cleanup", ""},
    manual_row{production, "gitlab", at(2026, 11, 17, 21, 12, 8), "gitlab 17.4.2 -> 17.5.1",
                "Upgrade path step 2 of 2", available, 30},
    manual_row{production, "gitlab", at(2026, 10, 20, 21, 9, 44), "gitlab 17.2.9 -> 17.4.2",
                "Upgrade path step 1 of 2", available, 60},
    manual_row{production, "jenkins", at(2026, 11, 3, 19, 33, 20), "jenkins: plugins O'Reilly talk demo", ""},
    manual_row{production, "web-prod-01", at(2026, 10, 28, 22, 1, 0), "🚀 go-live v5.0", "Black Friday release"},
    manual_row{production, "web-prod-02", at(2026, 10, 28, 22, 1, 0), "🚀 go-live v5.0", "Black Friday release"},
    manual_row{production, "web-prod-03", at(2026, 10, 28, 22, 1, 0), "🚀 go-live v5.0", "Black Friday release"},
    manual_row{production, "api-prod-01", at(2026, 10, 28, 22, 2, 30), "pre_deploy_v5.0", ""},
    manual_row{production, "api-prod-02", at(2026, 10, 28, 22, 2, 30), "pre_deploy_v5.0", ""},
    manual_row{production, "order-svc-01", at(2026, 10, 28, 22, 3, 2), "上线前备份 🛒", "黑五上线"},
    manual_row{production, "oa-server", at(2026, 4, 9, 14, 50, 33), "oa 迁移前 (do_not_delete)", ""},
    manual_row{production, "bms-oracle-01", at(2026, 7, 18, 4, 2, 19), "before PSU 19.24",
                "Oracle patch set, SR 3-38172645"},
    manual_row{production, "mysql-order-0", at(2026, 10, 2, 13, 13, 13), "orders: 5.7→8.0 dry run", ""},
    manual_row{production, "legacy-crm-volume-0000", at(2024, 12, 19, 15, 30, 41), "legacy-crm final copy",
                "Server decommissioned, disk kept for the auditors."},
    manual_row{production, "hr-portal", at(2026, 2, 26, 16, 11, 9), "snapshot before payroll 50% bonus run", ""},
    manual_row{production, "idc-sap-hana", at(2026, 8, 29, 3, 40, 10), "HANA SPS07 pre-check", ""},
    manual_row{production, "sfs-turbo-home", at(2026, 9, 11, 12, 0, 31), "home_before_quota_change", ""},
    manual_row{production, "harbor", at(2026, 10, 8, 20, 20, 5), "harbor-2.11 (retry #2)",
                "The first try failed at 20:02."},
    manual_row{production, "harbor", at(2026, 10, 8, 20, 2, 52), "harbor-2.11", "", backup_status::error},
    manual_row{production, "golden-ubuntu-22.04", at(2026, 10, 5, 9, 30, 12), "golden ubuntu-22.04 2026.10",
                "Base image of all Linux servers, CIS level 1"},
    manual_row{production, "golden-ubuntu-22.04", at(2026, 7, 6, 9, 28, 40), "golden ubuntu-22.04 2026.07",
                "Base image of all Linux servers, CIS level 1"},
    manual_row{production, "golden-ubuntu-22.04", at(2026, 4, 7, 9, 31, 2), "golden ubuntu-22.04 2026.04",
                "Base image of all Linux servers, CIS level 1"},
    manual_row{production, "golden-win2022", at(2026, 10, 19, 10, 5, 7), "golden win2022 2026.10", "Sysprep done"},
    manual_row{production, "golden-win2022", at(2026, 7, 20, 10, 1, 55), "golden win2022 2026.07", "Sysprep done"},
    // what goes on at this moment
    manual_row{production, "kafka-02", at(2026, 11, 23, 9, 38, 14), "before-upgrade 3.8.1", "", protecting},
    manual_row{production, "es-data-01", at(2026, 11, 23, 9, 31, 52), "before-reindex", "", protecting},
    manual_row{production, "nexus-blobs", at(2026, 11, 23, 9, 36, 40), "manualbk_7be0", "", protecting},
    manual_row{production, "kafka-03", at(2026, 11, 23, 9, 38, 14), "before-upgrade 3.8.1", "", waiting_protect},
    manual_row{production, "es-data-02", at(2026, 11, 23, 9, 40, 2), "before-reindex", "", waiting_protect},
    manual_row{production, "es-data-03", at(2026, 11, 23, 9, 40, 2), "before-reindex", "", waiting_protect},
    manual_row{production, "bms-oracle-02", at(2026, 11, 23, 9, 12, 30), "before PSU 19.25", "", waiting_protect},
    manual_row{production, "jenkins", at(2025, 11, 4, 19, 2, 11), "jenkins 2.462 LTS", "", deleting},
    manual_row{production, "kafka-01", at(2025, 10, 16, 20, 41, 28), "before-upgrade 3.7.0", "", deleting},
    manual_row{production, "prometheus-01", at(2025, 9, 2, 17, 26, 6), "manualbk_02c4", "", deleting},
    manual_row{production, "kafka-02", at(2025, 10, 16, 20, 41, 28), "before-upgrade 3.7.0", "", waiting_delete},
    manual_row{production, "kafka-03", at(2025, 10, 16, 20, 41, 29), "before-upgrade 3.7.0", "", waiting_delete},
    manual_row{production, "harbor", at(2025, 9, 30, 21, 0, 47), "harbor-2.9", "", waiting_delete},
    manual_row{production, "hr-portal", at(2026, 11, 19, 15, 44, 18), "hr-portal_before_merge",
                "Restore asked for in INC-55821", restoring},
    manual_row{production, "desktop-zhangmin", at(2026, 11, 18, 10, 3, 59), "manualbk_d19e", "Laptop replaced",
                restoring},
    manual_row{production, "oa-server", at(2026, 11, 20, 18, 27, 33), "oa 表单修改前", "", restoring},
    manual_row{production, "vdi-finance-02", at(2026, 11, 16, 11, 51, 24), "manualbk_4410", "", waiting_restore},
    manual_row{production, "win-file-01-volume-0001", at(2026, 11, 21, 8, 15, 36), "shares_2026-11-21",
                "User deleted Q3 folder, INC-55840", waiting_restore},
    manual_row{staging, "uat-erp", at(2026, 11, 4, 10, 16, 2), "before-upgrade 2.4.1", "UAT run of CHG-30417"},
    manual_row{staging, "uat-erp", at(2026, 10, 22, 9, 2, 31), "uat-cycle-3 50%_done", ""},
    manual_row{staging, "pg-stg", at(2026, 9, 10, 12, 44, 20), "pg_upgrade 14->15 rehearsal", ""},
    manual_row{staging, "api-stg-02", at(2026, 11, 20, 16, 21, 9), "feature/billing \"v2\"", ""},
    manual_row{staging, "测试环境-03", at(2026, 10, 27, 8, 40, 55), "压测基线", "压测前的基线，可随时恢复"},
    manual_row{staging, "web-stg-01", at(2026, 11, 23, 9, 39, 31), "manualbk_a8d2", "", protecting},
    manual_row{staging, "web-stg-02", at(2026, 11, 23, 9, 40, 44), "manualbk_a8d3", "", waiting_protect},
    manual_row{staging, "测试环境-01", at(2026, 11, 2, 7, 7, 12), "压测后清理", "", waiting_restore},
    manual_row{staging, "loadgen-01", at(2026, 3, 11, 13, 30, 2), "loadgen k6 scripts", "", deleting},
    manual_row{shop, "shop-db-master", at(2026, 10, 30, 18, 0, 9), "before 11.11 sale", "双十一前全量备份", available,
                60},
    manual_row{shop, "shop-web-01", at(2026, 10, 30, 18, 5, 20), "before 11.11 sale", "双十一前全量备份", available,
                60},
    manual_row{shop, "pay-gateway", at(2026, 9, 28, 20, 11, 45), "PCI-DSS audit copy", "Requested by the assessor",
                available, 366},
    manual_row{shop, "shop-search", at(2026, 11, 22, 14, 9, 30), "reindex_100%", "", restoring},
    manual_row{shop, "shop-cart", at(2025, 11, 20, 18, 2, 2), "before black friday 2025", "", waiting_delete},
    manual_row{research, "jupyterhub", at(2026, 10, 13, 8, 30, 30), "hub 5.2 + notebooks", "Dr. Müller's group"},
    manual_row{research, "模型训练数据集", at(2026, 9, 1, 2, 0, 12), "dataset-v7 freeze",
                "Paper submission, do not delete."},
    manual_row{research, "gpu-train-03", at(2026, 11, 23, 8, 58, 1), "ckpt_epoch_40", "", protecting},
};

// The two backups of the reference document, letter for letter but for white space.
inline constexpr std::string_view first_example =
    R"({"provider_id":"0daac4c5-6707-4851-97ba-169e36266b66","checkpoint_id":"1fced58b-2a31-4851-bcbb-96216f83ce99",)"
    R"("updated_at":"2020-02-21T07:07:25.113761","vault_id":"cca85ea5-00a4-418d-9222-bd83985bc515",)"
    R"("id":"b1c4afd9-e7a6-4888-9010-c2bac3aa7910","resource_az":"br-iaas-odin1a","image_type":"backup",)"
    R"("resource_id":"1a503932-ee8f-4dd5-8248-8dfb57e584c5","resource_size":40,"children":[],)"
    R"("extend_info":{"auto_trigger":true,"supported_restore_mode":"backup","contain_system_disk":true,)"
    R"("support_lld":true,"architecture":"x86_64","system_disk":false,"app_consistency":{)"
    R"("app_consistency_error_code":"0","app_consistency_status":"0","app_consistency_error_message":"",)"
    R"("app_consistency":"0"}},"project_id":"0605767b5780d5762fc5c0118072a564","status":"available",)"
    R"("resource_name":"test001-02","description":"","expired_at":"2020-05-21T07:00:54.060493",)"
    R"("replication_records":[],"name":"autobk_b629","created_at":"2020-02-21T07:00:54.065135",)"
    R"("resource_type":"OS::Nova::Server"})";
inline constexpr std::string_view second_example =
    R"({"provider_id":"d1603440-187d-4516-af25-121250c7cc97","checkpoint_id":"f64c351f-769f-4c04-8806-fd90a59e9b12",)"
    R"("updated_at":"2020-02-21T07:09:37.767084","vault_id":"79bd9daa-884f-4f84-b8fe-235d58cd927d",)"
    R"("id":"5606aab5-2dc2-4498-8144-dc848d099af5","resource_az":"br-iaas-odin1a","image_type":"backup",)"
    R"("resource_id":"54f7ccbc-072f-4ec5-a7b7-b24dabdb4539","resource_size":40,"children":[],)"
    R"("extend_info":{"auto_trigger":true,"snapshot_id":"e3def9a8-e4b4-4c12-b132-f4ba8ce9a34f","bootable":true,)"
    R"("progress":100,"support_lld":true,"encrypted":false,"system_disk":false},)"
    R"("project_id":"0605767b5780d5762fc5c0118072a564","status":"available","resource_name":"qsy_000",)"
    R"("description":"","expired_at":"2020-03-22T07:00:34.877896","replication_records":[],)"
    R"("name":"autobk_6809","created_at":"2020-02-21T07:00:34.882174","resource_type":"OS::Cinder::Volume"})";

// clang-format on

} // namespace catalog::generate::sample_tables
