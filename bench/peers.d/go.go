// The list call's first page as a team would write it with net/http and lib/pq.
// PEER_DATABASE_URL, PEER_IDENTITY (the service's identity file), PEER_CONNECTIONS, PEER_SQL (folder); threads as Go likes.
package main

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"

	_ "github.com/lib/pq"
)

type backup struct {
	ID                  string                     `json:"id"`
	ProjectID           string                     `json:"project_id"`
	Name                string                     `json:"name"`
	Status              string                     `json:"status"`
	ImageType           string                     `json:"image_type"`
	ResourceType        string                     `json:"resource_type"`
	CreatedAt           string                     `json:"created_at"`
	UpdatedAt           *string                    `json:"updated_at"`
	ProtectedAt         *string                    `json:"protected_at"`
	ExpiredAt           *string                    `json:"expired_at"`
	CheckpointID        string                     `json:"checkpoint_id"`
	ResourceID          string                     `json:"resource_id"`
	ResourceName        string                     `json:"resource_name"`
	ResourceSize        int                        `json:"resource_size"`
	ResourceAZ          *string                    `json:"resource_az"`
	ProviderID          string                     `json:"provider_id"`
	VaultID             *string                    `json:"vault_id"`
	ParentID            *string                    `json:"parent_id"`
	EnterpriseProjectID string                     `json:"enterprise_project_id"`
	Description         *string                    `json:"description"`
	Incremental         *bool                      `json:"incremental"`
	Version             int                        `json:"version"`
	ExtendInfo          map[string]json.RawMessage `json:"extend_info"`
	ReplicationRecords  json.RawMessage            `json:"replication_records"`
	Children            []backup                   `json:"children"`
}

type page struct {
	Count   int      `json:"count"`
	Backups []backup `json:"backups"`
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func readSQL(name string) string {
	text, err := os.ReadFile(os.Getenv("PEER_SQL") + "/" + name + ".sql")
	must(err)
	return string(text)
}

func readTokens() map[string]string {
	var identity struct {
		Tokens []struct {
			Token     string `json:"token"`
			ProjectID string `json:"project_id"`
		} `json:"tokens"`
	}
	text, err := os.ReadFile(os.Getenv("PEER_IDENTITY"))
	must(err)
	must(json.Unmarshal(text, &identity))
	projects := map[string]string{}
	for _, t := range identity.Tokens {
		projects[t.Token] = t.ProjectID
	}
	return projects
}

func scan(rows *sql.Rows) (backup, error) {
	b := backup{Children: []backup{}}
	var extension []byte
	err := rows.Scan(&b.ID, &b.ProjectID, &b.Name, &b.Status, &b.ImageType, &b.ResourceType, &b.CreatedAt, &b.UpdatedAt,
		&b.ProtectedAt, &b.ExpiredAt, &b.CheckpointID, &b.ResourceID, &b.ResourceName, &b.ResourceSize, &b.ResourceAZ,
		&b.ProviderID, &b.VaultID, &b.ParentID, &b.EnterpriseProjectID, &b.Description, &b.Incremental, &b.Version,
		&extension, &b.ReplicationRecords)
	if err != nil {
		return b, err
	}
	if err := json.Unmarshal(extension, &b.ExtendInfo); err != nil {
		return b, err
	}
	if b.Incremental != nil {
		b.ExtendInfo["incremental"] = json.RawMessage(strconv.FormatBool(*b.Incremental))
	}
	return b, nil
}

func main() {
	projects := readTokens()
	db, err := sql.Open("postgres", os.Getenv("PEER_DATABASE_URL"))
	must(err)
	connections, err := strconv.Atoi(os.Getenv("PEER_CONNECTIONS"))
	must(err)
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	countStatement, err := db.Prepare(readSQL("count"))
	must(err)
	pageStatement, err := db.Prepare(readSQL("page"))
	must(err)

	read := func(project string, limit int) (page, error) {
		answer := page{Backups: []backup{}}
		if err := countStatement.QueryRow(project).Scan(&answer.Count); err != nil {
			return answer, err
		}
		rows, err := pageStatement.Query(project, limit)
		if err != nil {
			return answer, err
		}
		defer rows.Close()
		for rows.Next() {
			b, err := scan(rows)
			if err != nil {
				return answer, err
			}
			answer.Backups = append(answer.Backups, b)
		}
		return answer, rows.Err()
	}

	http.HandleFunc("/v3/", func(w http.ResponseWriter, r *http.Request) {
		parts := strings.Split(r.URL.Path, "/") // "", v3, project, backups
		if len(parts) != 4 || parts[3] != "backups" {
			http.NotFound(w, r)
			return
		}
		if project, known := projects[r.Header.Get("X-Auth-Token")]; !known || project != parts[2] {
			http.Error(w, "not allowed", http.StatusUnauthorized)
			return
		}
		limit := 1000
		if text := r.URL.Query().Get("limit"); text != "" {
			n, err := strconv.Atoi(text)
			if err != nil || n < 1 || n > 1000 {
				http.Error(w, "limit: 1 to 1000", http.StatusBadRequest)
				return
			}
			limit = n
		}
		answer, err := read(parts[2], limit)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(answer); err != nil {
			log.Print(err) // the client went away
		}
	})

	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	go func() {
		<-stop
		os.Exit(0)
	}()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	fmt.Printf("listening on http://%s\n", listener.Addr())
	log.Fatal(http.Serve(listener, nil))
}
