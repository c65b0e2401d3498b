/* SPDX-License-Identifier: Apache-2.0 */
/* feed_kinds - every report type of the Shadowserver Foundation: what a row of it means, and the
 * column names by which its header is known.
 *
 * Facts only, from its published report schema (names, classification, fields) and its list of
 * default severities; the types are machine values of the Reference Security Incident Taxonomy,
 * version 1003 ("blocklist" is "other" there). IPv6 types have what their IPv4 siblings have where
 * the schema is silent; severities that the list lacks are this project's. Of columns that always
 * come together five are kept, and those that nearly every type has are left out: neither helps to
 * tell types apart. phish_url is no longer in the schema but still in people's archives.
 *
 * "=name": the same header as that type. How a header is judged: feed_kind.c. */
#include "feed_int.h"

#define VULNERABLE "vulnerable-system"
#define INFECTED "infected-system"
#define COMPROMISED "system-compromise"
#define MALWARE "malware-distribution"
#define ACCESSIBLE "potentially-unwanted-accessible"
#define WEAK "weak-crypto"
#define GUESSING "brute-force"
#define MASQUERADE "masquerade"
#define LEAK "data-leak"
#define UNDETERMINED "undetermined"
#define PHISHING "phishing"
#define SCANNER "scanner"
#define DDOS "ddos"
#define OTHER "other"
#define SPAM "spam"

enum { INFO, LOW, MEDIUM, HIGH, CRITICAL };

#define DEVICE "device_vendor device_type device_model "
#define EVENT                                                                            \
    "src_ip src_port src_asn src_geo src_region src_city src_hostname device_vendor "    \
    "device_type device_model dst_ip dst_port dst_asn dst_geo dst_region public_source " \
    "infection family application version "
#define CERTIFICATE                                                                             \
    "cipher_suite cert_length subject_common_name issuer_common_name cert_issue_date "          \
    "cert_expiration_date sha1_fingerprint cert_serial_number ssl_version signature_algorithm " \
    "key_algorithm subject_organization_name subject_organization_unit_name subject_country "   \
    "subject_state_or_province_name subject_locality_name issuer_organization_name "            \
    "sha256_fingerprint "

/* clang-format off */
const struct feed_kind feed_kinds[] = {
    {"blocklist", OTHER, LOW, "source reason"},
    {"compromised_account", LEAK, CRITICAL,
     "email infection source_url public_source status service username detail"},
    {"compromised_iot", COMPROMISED, CRITICAL,
     DEVICE "device_version source_type category family status detail public_source account "
     "server_host_key malpubkey_sha256"},
    {"compromised_iot6", COMPROMISED, CRITICAL, "=compromised_iot"},
    {"compromised_website", COMPROMISED, CRITICAL,
     "application url http_host category system detected_since server redirect_target cc_url "
     "family status account detail public_source"},
    {"compromised_website6", COMPROMISED, CRITICAL, "=compromised_website"},
    {"device_id", UNDETERMINED, INFO, DEVICE "device_version"},
    {"device_id6", UNDETERMINED, INFO, "=device_id"},
    {"event4_ddos_participant", DDOS, HIGH,
     EVENT "domain_source dst_network dst_netmask attack duration attack_src_ip http_agent"},
    {"event4_honeypot_ddos", DDOS, CRITICAL, "=event4_ddos_participant"},
    {"event4_honeypot_adb_scan", SCANNER, HIGH,
     EVENT "vulnerability_enum vulnerability_id vulnerability_class vulnerability_score "
     "vulnerability_severity threat_framework threat_tactic_id threat_technique_id banner "
     "commands maxdata system_type opened"},
    {"event4_honeypot_brute_force", GUESSING, CRITICAL,
     EVENT "service start_time end_time client_version username password payload_url payload_md5 "
     "vulnerability_enum vulnerability_id vulnerability_class vulnerability_score "
     "vulnerability_severity"},
    {"event4_honeypot_darknet", OTHER, HIGH, EVENT "count"},
    {"event4_honeypot_ddos_amp", DDOS, INFO,
     EVENT "request count bytes end_time duration avg_pps max_pps"},
    {"event4_honeypot_ddos_target", DDOS, INFO,
     EVENT "domain_source dst_network dst_netmask attack duration attack_src_ip"},
    {"event4_honeypot_http_scan", SCANNER, HIGH,
     EVENT "pattern http_url http_agent http_request_method url_scheme session_tags "
     "vulnerability_enum vulnerability_id vulnerability_class vulnerability_score "
     "vulnerability_severity threat_framework threat_tactic_id threat_technique_id file_md5 "
     "file_sha256"},
    {"event4_honeypot_ics_scan", SCANNER, CRITICAL,
     EVENT "state sensor_id slave_id function_code request response"},
    {"event4_honeypot_ikev2_scan", SCANNER, HIGH,
     EVENT "vulnerability_enum vulnerability_id vulnerability_class vulnerability_score "
     "vulnerability_severity threat_framework threat_tactic_id threat_technique_id"},
    {"event4_honeypot_rdp_scan", SCANNER, HIGH,
     EVENT "vulnerability_enum vulnerability_id vulnerability_class vulnerability_score "
     "vulnerability_severity threat_framework threat_tactic_id threat_technique_id cookie "
     "session_tags"},
    {"event4_honeypot_rocketmq_scan", SCANNER, HIGH,
     EVENT "vulnerability_enum vulnerability_id vulnerability_class vulnerability_score "
     "vulnerability_severity threat_framework threat_tactic_id threat_technique_id code flag "
     "language opaque serialize_type body body_base64"},
    {"event4_honeypot_smb_scan", SCANNER, HIGH,
     EVENT "vulnerability_enum vulnerability_id vulnerability_class vulnerability_score "
     "vulnerability_severity threat_framework threat_tactic_id threat_technique_id command flags "
     "supported_protocols session_tags"},
    {"event4_ip_spoofer", MASQUERADE, MEDIUM, EVENT "network routedspoof session nat"},
    {"event4_sinkhole", INFECTED, CRITICAL, EVENT "ssl_cipher ssl_servername"},
    {"event4_microsoft_sinkhole", INFECTED, CRITICAL, "=event4_sinkhole"},
    {"event6_sinkhole", INFECTED, CRITICAL, "=event4_sinkhole"},
    {"event4_sinkhole_dns", OTHER, INFO,
     DEVICE "src_ip src_port src_asn src_geo src_region src_city src_hostname infection family "
     "query_type query count"},
    {"event4_sinkhole_http", INFECTED, CRITICAL,
     EVENT "http_url http_host http_agent forwarded_by ssl_cipher http_referer ssl_servername "
     "machine_name"},
    {"event4_microsoft_sinkhole_http", INFECTED, CRITICAL, "=event4_sinkhole_http"},
    {"event6_sinkhole_http", INFECTED, CRITICAL, "=event4_sinkhole_http"},
    {"event4_sinkhole_http_referer", INFECTED, CRITICAL,
     "http_referer_ip http_referer_port http_referer_asn http_referer_geo http_referer_region "
     "dst_ip dst_port dst_asn dst_geo dst_region public_source infection family application "
     "version http_url http_host http_referer ssl_servername"},
    {"event6_sinkhole_http_referer", INFECTED, CRITICAL, "=event4_sinkhole_http_referer"},
    {"malware_url", MALWARE, CRITICAL, "url source sha256 application"},
    {"phish_url", PHISHING, HIGH, "url host source"},
    {"population_msmq", VULNERABLE, MEDIUM, "response_size"},
    {"population6_msmq", VULNERABLE, MEDIUM, "=population_msmq"},
    {"population_ntrip", OTHER, INFO,
     "ntrip ntrip_code ntrip_reason content_type connection server content_length ntrip_version "
     "ntrip_date network body_base64"},
    {"ransomware_victim", COMPROMISED, CRITICAL,
     "entity_name website date_published ransomware leak_site_url"},
    {"sandbox_conn", MALWARE, LOW, "md5 bytes_in bytes_out sha1 sha256"},
    {"sandbox_dns", OTHER, LOW, "md5 request request_type response family source sha1 sha256"},
    {"sandbox_url", MALWARE, LOW, "md5 url user_agent method sha1 sha256"},
    {"scan_activemq", VULNERABLE, MEDIUM, "command vendor version"},
    {"scan6_activemq", VULNERABLE, MEDIUM, "=scan_activemq"},
    {"scan_adb", VULNERABLE, CRITICAL,
     DEVICE "device_version device_sector name model device features"},
    {"scan_afp", VULNERABLE, HIGH,
     "machine_type afp_versions uams flags server_name signature directory_service"},
    {"scan_amqp", VULNERABLE, MEDIUM,
     "channel message_length class method version_major version_minor capabilities cluster_name "
     "platform product"},
    {"scan_ard", VULNERABLE, HIGH, "machine_name response_size amplification"},
    {"scan_badsecrets", WEAK, HIGH,
     "badsecret_location badsecret_module badsecret_type badsecret_product http http_code server "
     "request_path cert_serial_number subject_common_name issuer_common_name "
     "subject_organization_name issuer_organization_name sha1_fingerprint sha256_fingerprint"},
    {"scan6_badsecrets", WEAK, HIGH, "=scan_badsecrets"},
    {"scan_bgp", VULNERABLE, HIGH,
     "message_length message_type message_type_int bgp_version sender_asn hold_time "
     "bgp_identifier"},
    {"population_bgp", VULNERABLE, MEDIUM, "=scan_bgp"},
    {"population6_bgp", VULNERABLE, MEDIUM, "=scan_bgp"},
    {"scan6_bgp", VULNERABLE, HIGH, "=scan_bgp"},
    {"scan_chargen", VULNERABLE, MEDIUM, "response_size amplification"},
    {"scan_cisco_smart_install", VULNERABLE, CRITICAL, ""},
    {"scan_socks", VULNERABLE, MEDIUM, "=scan_cisco_smart_install"},
    {"scan_coap", VULNERABLE, MEDIUM, "version response response_size amplification"},
    {"scan_couchdb", VULNERABLE, HIGH,
     "server_version couchdb_message couchdb_version git_sha features vendor visible_databases "
     "error error_reason"},
    {"scan_cwmp", VULNERABLE, MEDIUM,
     "http http_code http_reason content_type connection www_authenticate set_cookie server "
     "content_length transfer_encoding http_date"},
    {"scan6_cwmp", VULNERABLE, MEDIUM, "=scan_cwmp"},
    {"scan_db2", VULNERABLE, HIGH, "db2_hostname servername response_size amplification"},
    {"scan_ddos_middlebox", VULNERABLE, MEDIUM, "source_port bytes amplification method"},
    {"scan_dns", VULNERABLE, MEDIUM, "dns_version min_amplification"},
    {"scan6_dns", VULNERABLE, MEDIUM, "=scan_dns"},
    {"scan_docker", VULNERABLE, CRITICAL,
     "version http http_code http_reason content_type server date experimental api_version arch "
     "go_version os kernel_version git_commit min_api_version build_time"},
    {"scan_dvr_dhcpdiscover", VULNERABLE, HIGH,
     DEVICE "device_version device_sector device_id device_serial machine_name manufacturer "
     "method http_port internal_port video_input_channels alarm_input_channels mac_address "
     "response_size amplification"},
    {"scan_elasticsearch", VULNERABLE, HIGH,
     "version ok name cluster_name http_code build_hash build_timestamp build_snapshot "
     "lucene_version tagline"},
    {"scan6_elasticsearch", VULNERABLE, LOW, "=scan_elasticsearch"},
    {"scan_epmd", VULNERABLE, HIGH, "nodes"},
    {"scan_exchange", VULNERABLE, CRITICAL, "version servername url"},
    {"scan6_exchange", VULNERABLE, CRITICAL, "=scan_exchange"},
    {"scan_ftp", VULNERABLE, MEDIUM,
     CERTIFICATE DEVICE "device_version device_sector banner handshake cert_valid self_signed "
     "cert_expired validation_level auth_tls_response auth_ssl_response tlsv13_support "
     "tlsv13_cipher jarm"},
    {"scan6_ftp", VULNERABLE, MEDIUM, "=scan_ftp"},
    {"scan_gtp", ACCESSIBLE, MEDIUM,
     "flags message_type message_type_text message_length teid sequence recovery response_size "
     "raw_response"},
    {"scan_hadoop", VULNERABLE, HIGH,
     "version server_type clusterid total_disk used_disk free_disk livenodes"},
    {"scan_http", OTHER, INFO,
     "http http_code http_reason content_type connection www_authenticate set_cookie server "
     "content_length transfer_encoding http_date version"},
    {"scan6_http", OTHER, INFO, "=scan_http"},
    {"scan_http_proxy", VULNERABLE, MEDIUM,
     "http http_code http_reason content_type connection proxy_authenticate via server "
     "content_length transfer_encoding http_date"},
    {"population_http_proxy", OTHER, LOW, "=scan_http_proxy"},
    {"population6_http_proxy", OTHER, LOW, "=scan_http_proxy"},
    {"scan6_http_proxy", VULNERABLE, MEDIUM, "=scan_http_proxy"},
    {"scan_http_vulnerable", VULNERABLE, CRITICAL,
     "http http_code http_reason content_type connection www_authenticate set_cookie server "
     "content_length transfer_encoding http_date version build_date detail build_branch"},
    {"scan6_http_vulnerable", VULNERABLE, CRITICAL, "=scan_http_vulnerable"},
    {"scan_ics", VULNERABLE, HIGH,
     DEVICE "device_version device_sector device_id response_size raw_response"},
    {"scan_imap", OTHER, INFO,
     CERTIFICATE "banner cert_expired cert_valid handshake jarm self_signed sslv3_supported "
     "validation_level"},
    {"scan_pop3", OTHER, INFO, "=scan_imap"},
    {"scan_imap_vulnerable", VULNERABLE, CRITICAL, "=scan_imap"},
    {"scan_pop3_vulnerable", VULNERABLE, CRITICAL, "=scan_imap"},
    {"scan6_imap", OTHER, INFO, "=scan_imap"},
    {"scan6_pop3", OTHER, INFO, "=scan_imap"},
    {"scan6_imap_vulnerable", VULNERABLE, CRITICAL, "=scan_imap"},
    {"scan6_pop3_vulnerable", VULNERABLE, CRITICAL, "=scan_imap"},
    {"scan_ip_tunnel", VULNERABLE, MEDIUM, "response"},
    {"scan6_ip_tunnel", VULNERABLE, MEDIUM, "=scan_ip_tunnel"},
    {"scan_ipmi", VULNERABLE, HIGH,
     "ipmi_version none_auth md2_auth md5_auth passkey_auth error version"},
    {"scan_ipp", VULNERABLE, HIGH,
     DEVICE "device_version device_sector ipp_version cups_version printer_uris printer_name "
     "printer_info"},
    {"scan6_ipp", VULNERABLE, HIGH, "=scan_ipp"},
    {"scan_isakmp", VULNERABLE, LOW,
     "initiator_spi responder_spi next_payload exchange_type flags message_id response_size "
     "amplification"},
    {"population_isakmp", OTHER, LOW, "=scan_isakmp"},
    {"population6_isakmp", OTHER, LOW, "=scan_isakmp"},
    {"scan6_isakmp", VULNERABLE, LOW, "=scan_isakmp"},
    {"scan_kubernetes", VULNERABLE, HIGH,
     CERTIFICATE "version http http_code http_reason content_type server date major minor "
     "git_version git_commit git_tree_state build_date go_version compiler platform handshake "
     "cert_valid self_signed cert_expired validation_level browser_trusted browser_error "
     "raw_cert raw_cert_chain"},
    {"scan_ldap_tcp", VULNERABLE, HIGH,
     CERTIFICATE DEVICE "device_version device_sector response_size configuration_naming_context "
     "current_time default_naming_context dns_host_name domain_controller_functionality "
     "server_name amplification handshake cert_valid self_signed cert_expired validation_level "
     "auth_tls_response auth_ssl_response tlsv13_support tlsv13_cipher jarm"},
    {"scan6_ldap_tcp", VULNERABLE, HIGH, "=scan_ldap_tcp"},
    {"scan_ldap_udp", VULNERABLE, HIGH,
     "response_size configuration_naming_context current_time default_naming_context "
     "dns_host_name domain_controller_functionality server_name amplification"},
    {"scan_loop_dos", VULNERABLE, MEDIUM, "detail application"},
    {"scan_mdns", VULNERABLE, MEDIUM,
     "mdns_name mdns_ipv4 mdns_ipv6 services workstation_name http_port"},
    {"scan_memcached", VULNERABLE, HIGH,
     "version pid pointer_size uptime time curr_connections total_connections response_size "
     "amplification"},
    {"scan_mongodb", VULNERABLE, HIGH,
     "version gitversion sysinfo opensslversion allocator javascriptengine ok visible_databases"},
    {"scan6_mongodb", VULNERABLE, HIGH, "=scan_mongodb"},
    {"scan_mqtt", VULNERABLE, MEDIUM, CERTIFICATE "anonymous_access raw_response hex_code code"},
    {"scan6_mqtt", VULNERABLE, MEDIUM, "=scan_mqtt"},
    {"scan_mqtt_anon", VULNERABLE, HIGH, CERTIFICATE "raw_response hex_code code"},
    {"scan6_mqtt_anon", VULNERABLE, HIGH, "=scan_mqtt_anon"},
    {"scan_msrpc", ACCESSIBLE, MEDIUM,
     "version packet_type packet_type_value packet_flags data_representation fragment_length "
     "call_id raw_response"},
    {"scan6_msrpc", ACCESSIBLE, MEDIUM, "=scan_msrpc"},
    {"scan_mssql", VULNERABLE, HIGH,
     "version server_name instance_name tcp_port named_pipe response_size amplification"},
    {"scan_mysql", VULNERABLE, HIGH,
     CERTIFICATE "version mysql_protocol_version server_version error_code error_id "
     "error_message client_can_handle_expired_passwords client_compress client_ssl handshake "
     "cert_valid self_signed cert_expired validation_level browser_trusted browser_error "
     "raw_cert raw_cert_chain"},
    {"scan6_mysql", VULNERABLE, HIGH, "=scan_mysql"},
    {"scan_nat_pmp", VULNERABLE, HIGH,
     "version opcode uptime external_ip response_size amplification"},
    {"scan_netbios", VULNERABLE, HIGH,
     "mac_address workgroup machine_name username response_size amplification"},
    {"scan_netis_router", VULNERABLE, CRITICAL, "response response_size amplification"},
    {"scan_ntp", VULNERABLE, MEDIUM,
     "version clk_wander clock error frequency jitter leap state system response_size "
     "amplification"},
    {"scan6_ntp", VULNERABLE, MEDIUM, "=scan_ntp"},
    {"scan_ntpmonitor", VULNERABLE, MEDIUM, "packets response_size amplification"},
    {"scan6_ntpmonitor", VULNERABLE, MEDIUM, "=scan_ntpmonitor"},
    {"scan_portmapper", VULNERABLE, MEDIUM,
     "programs mountd_port exports response_size amplification"},
    {"scan_post_exploitation_framework", INFECTED, CRITICAL,
     "http http_url http_code content_type content_length architecture beacon_type beacon_host "
     "beacon_port beacon_http_get beacon_http_post"},
    {"scan_postgres", VULNERABLE, HIGH,
     CERTIFICATE "version supported_protocols protocol_error_code protocol_error_file "
     "protocol_error_line protocol_error_message protocol_error_routine client_ssl handshake "
     "cert_valid self_signed cert_expired validation_level browser_trusted browser_error "
     "raw_cert raw_cert_chain"},
    {"scan6_postgres", VULNERABLE, HIGH, "=scan_postgres"},
    {"scan_qotd", VULNERABLE, MEDIUM, "quote response_size amplification"},
    {"scan_quic", OTHER, INFO, "version_field_1 version_field_2 version_field_3 version_field_4"},
    {"scan_radmin", VULNERABLE, HIGH, "version"},
    {"scan_rdp", VULNERABLE, HIGH,
     "handshake rdp_protocol cert_length subject_common_name issuer_common_name cert_issue_date "
     "cert_expiration_date sha1_fingerprint cert_serial_number ssl_version signature_algorithm "
     "key_algorithm sha256_fingerprint tlsv13_support tlsv13_cipher jarm"},
    {"scan6_rdp", VULNERABLE, HIGH, "=scan_rdp"},
    {"scan_rdpeudp", VULNERABLE, HIGH, "sessionid response_size amplification"},
    {"scan_redis", VULNERABLE, HIGH,
     "version git_sha1 git_dirty_flag build_id mode os architecture multiplexing_api uptime"},
    {"scan_rsync", VULNERABLE, MEDIUM, "module motd has_password"},
    {"scan6_rsync", VULNERABLE, MEDIUM, "=scan_rsync"},
    {"scan_sip", VULNERABLE, HIGH,
     "sip sip_code sip_reason user_agent sip_via sip_to content_length content_type server "
     "call_id amplification response_size"},
    {"scan_slp", VULNERABLE, HIGH,
     "version function function_text flags next_extension_offset xid language_tag_length "
     "error_code response_size raw_response"},
    {"scan6_slp", VULNERABLE, HIGH, "=scan_slp"},
    {"scan_smb", VULNERABLE, HIGH,
     "arch key smb_major_number smb_minor_number smb_revision smb_version_string"},
    {"scan6_smb", VULNERABLE, HIGH, "=scan_smb"},
    {"scan_smtp", OTHER, INFO,
     CERTIFICATE "banner auth_ssl_response auth_tls_response cert_expired cert_valid "
     "freak_cipher_suite freak_vulnerable handshake jarm raw_cert raw_cert_chain self_signed "
     "sslv3_supported tlsv13_cipher tlsv13_support validation_level"},
    {"scan_smtp_vulnerable", VULNERABLE, CRITICAL, "=scan_smtp"},
    {"scan6_smtp", OTHER, INFO, "=scan_smtp"},
    {"scan6_smtp_vulnerable", VULNERABLE, CRITICAL, "=scan_smtp"},
    {"scan_snmp", VULNERABLE, HIGH,
     DEVICE "device_version device_sector version sysname sysdesc community response_size "
     "amplification uptime mac_address vendor_id vendor"},
    {"scan6_snmp", VULNERABLE, HIGH, "=scan_snmp"},
    {"scan_ssdp", VULNERABLE, HIGH,
     "header systime cache_control location server search_target host content_type version "
     "amplification response_size"},
    {"scan_ssh", OTHER, LOW,
     DEVICE "device_version device_sector serverid_raw serverid_version serverid_software "
     "serverid_comment server_cookie server_host_key banner"},
    {"scan6_ssh", OTHER, LOW, "=scan_ssh"},
    {"scan_ssl", OTHER, INFO,
     CERTIFICATE "handshake ssl_poodle freak_vulnerable freak_cipher_suite http_response_type "
     "http_code http_reason content_type http_connection www_authenticate set_cookie server_type "
     "content_length transfer_encoding http_date cert_valid self_signed cert_expired "
     "browser_trusted validation_level browser_error tlsv13_support tlsv13_cipher jarm"},
    {"scan6_ssl", OTHER, INFO, "=scan_ssl"},
    {"scan_ssl_freak", WEAK, LOW,
     DEVICE "device_version device_sector handshake cipher_suite cert_length subject_common_name "
     "issuer_common_name cert_issue_date cert_expiration_date sha1_fingerprint "
     "cert_serial_number signature_algorithm key_algorithm subject_organization_name "
     "subject_organization_unit_name subject_country subject_state_or_province_name "
     "subject_locality_name issuer_organization_name freak_vulnerable freak_cipher_suite "
     "sha256_fingerprint http_response_type http_code http_reason content_type http_connection "
     "www_authenticate set_cookie server_type content_length transfer_encoding http_date "
     "cert_valid self_signed cert_expired browser_trusted validation_level browser_error "
     "tlsv13_support tlsv13_cipher raw_cert raw_cert_chain jarm page_sha256fp"},
    {"scan6_ssl_freak", WEAK, LOW, "=scan_ssl_freak"},
    {"scan_ssl_poodle", WEAK, LOW,
     CERTIFICATE DEVICE "device_version device_sector handshake ssl_poodle http_response_type "
     "http_code http_reason content_type http_connection www_authenticate set_cookie server_type "
     "content_length transfer_encoding http_date cert_valid self_signed cert_expired "
     "browser_trusted validation_level browser_error tlsv13_support tlsv13_cipher raw_cert "
     "raw_cert_chain jarm page_sha256fp"},
    {"scan6_ssl_poodle", WEAK, LOW, "=scan_ssl_poodle"},
    {"scan_stun", OTHER, MEDIUM,
     "transaction_id magic_cookie message_length message_type mapped_family mapped_address "
     "mapped_port amplification response_size"},
    {"scan6_stun", OTHER, MEDIUM, "=scan_stun"},
    {"scan_synfulknock", VULNERABLE, CRITICAL,
     "sequence_number ack_number window_size urgent_pointer tcp_flags"},
    {"scan_telnet", VULNERABLE, MEDIUM, "banner"},
    {"scan6_telnet", VULNERABLE, MEDIUM, "=scan_telnet"},
    {"scan_tftp", VULNERABLE, MEDIUM,
     "opcode errorcode error errormessage response_size amplification"},
    {"scan_ubiquiti", VULNERABLE, HIGH,
     "mac radioname essid modelshort modelfull response_size amplification"},
    {"scan_vnc", VULNERABLE, HIGH, "product banner"},
    {"scan6_vnc", VULNERABLE, HIGH, "=scan_vnc"},
    {"scan_ws_discovery", VULNERABLE, MEDIUM, "response_size amplification error raw_response"},
    {"scan_xdmcp", VULNERABLE, HIGH, "opcode reported_hostname status response_size amplification"},
    {"spam_url", SPAM, LOW, "url source sender subject src_ip src_asn src_geo src_region src_city"},
    {"special", VULNERABLE, HIGH,
     "public_source status detail method device_vendor first_seen_time last_seen_time "
     "potential_exposure_time"},
};
/* clang-format on */
const size_t feed_kinds_n = BW_COUNT(feed_kinds);
